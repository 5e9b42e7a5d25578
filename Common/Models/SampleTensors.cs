using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>How pixels become inputs: <c>(x / 255 − mean) / std</c>. The orchestrator decides for all.</summary>
public readonly record struct Normalisation(double Mean, double Std);

/// <summary>A value of a sample.</summary>
/// <param name="Value">As a model takes it.</param>
/// <param name="Sample">From 0.</param>
public readonly record struct LargestValue(double Value, int Sample);

/// <summary>A data set as tensors, converted once, from which rows are gathered by index.</summary>
public sealed class SampleTensors : IDisposable
{
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly Device _device;

    /// <summary>
    /// Converts <paramref name="samples"/>: pixels are normalised, numbers become <paramref name="type"/> as they are, tokens int64 whatever the type.
    /// </summary>
    /// <param name="samples">Samples and labels.</param>
    /// <param name="inputShape">The model's input shape; it has as many elements as a sample.</param>
    /// <param name="normalisation">How to scale pixels.</param>
    /// <param name="type">Element type of inputs that are not tokens, and of labels that are numbers.</param>
    /// <param name="device">Where they live.</param>
    public SampleTensors(SampleSet samples, long[] inputShape, Normalisation normalisation, ScalarType type, Device device)
    {
        _device = device;
        Count = samples.Count;
        IsLabelled = samples.IsLabelled;
        Traits = SampleTraits.Of(samples);
        Black = samples.Element == SampleElement.UInt8 ? -normalisation.Mean / normalisation.Std : 0;
        using (NewDisposeScope())
        {
            Tensor stored = Stored(samples, [Count, .. inputShape]);
            Tensor inputs = samples.Element switch
            {
                SampleElement.UInt8 => stored.to(type).div_(255.0).sub_(normalisation.Mean).div_(normalisation.Std),
                _ => stored.to(samples.Element.IsToken() ? ScalarType.Int64 : type),
            };
            _inputs = inputs.to(device).DetachFromDisposeScope();
            _labels = Labels(samples, type).to(device).DetachFromDisposeScope();
        }
    }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Whether the samples have labels; those of a set without mean nothing.</summary>
    public bool IsLabelled { get; }

    /// <summary>What the samples are.</summary>
    public SampleTraits Traits { get; }

    /// <summary>Of the samples as they were read; <see langword="null"/> where nobody asked for it.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>What an element is that is 0 in the files: a black pixel after scaling, or 0.</summary>
    public double Black { get; }

    /// <summary>The rows of these samples, in this order: inputs <c>[m, …]</c> and labels <c>[m] int64</c>, or <c>[m, k]</c> where they are numbers.</summary>
    /// <param name="indices">Counted from <paramref name="first"/>.</param>
    /// <param name="first">Where those begin that the caller's indices count.</param>
    public (Tensor Inputs, Tensor Labels) Gather(ReadOnlySpan<int> indices, int first = 0)
    {
        using Tensor onHost = empty([indices.Length], dtype: ScalarType.Int64);
        Span<long> rows = indices.IsEmpty ? [] : MemoryMarshal.Cast<byte, long>(onHost.bytes);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = first + indices[i];
        }

        using Tensor index = onHost.to(_device);
        return (_inputs.index_select(0, index), _labels.index_select(0, index));
    }

    /// <summary>Consecutive rows, as views.</summary>
    public (Tensor Inputs, Tensor Labels) Range(int start, int count) =>
        (_inputs.narrow(0, start, count), _labels.narrow(0, start, count));

    /// <summary>The value that is furthest from 0, as the model takes it, and its sample; <see langword="null"/> of tokens, and where there are none.</summary>
    public LargestValue? FindLargest()
    {
        if (Count == 0 || !_inputs.is_floating_point())
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        using Tensor flat = _inputs.reshape(Count, -1);
        (Tensor magnitudes, _) = flat.abs().max(1);
        int sample = (int)magnitudes.argmax().ToInt64();
        return new LargestValue(flat[sample][flat[sample].abs().argmax()].ToDouble(), sample);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }

    private static Tensor Labels(SampleSet samples, ScalarType type) => samples switch
    {
        { Targets: { } targets, Count: 0 } => zeros([0, targets.Width], dtype: type),
        { Targets: { } targets } => tensor(targets.Values, [targets.Count, targets.Width]).to(type),
        { Count: 0 } => zeros([0], dtype: ScalarType.Int64),
        _ => tensor(Array.ConvertAll(samples.Labels, l => (long)l)),
    };

    /// <summary>The elements as they are, in a tensor of their own type.</summary>
    private static Tensor Stored(SampleSet samples, long[] shape)
    {
        Tensor stored = empty(shape, dtype: samples.Element switch
        {
            SampleElement.UInt8 => ScalarType.Byte,
            SampleElement.Float32 => ScalarType.Float32,
            SampleElement.Float64 => ScalarType.Float64,
            SampleElement.Int32 => ScalarType.Int32,
            _ => ScalarType.Int64,
        });
        if (samples.Count > 0)
        {
            samples.Values.CopyTo(stored.bytes);
        }

        return stored;
    }
}
