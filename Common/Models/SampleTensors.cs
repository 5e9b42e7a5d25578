using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>Normalisation of pixels: <c>(x / 255 − mean) / std</c>. The orchestrator sets it for all nodes.</summary>
public readonly record struct Normalisation(double Mean, double Std);

/// <summary>The largest value of a data set.</summary>
/// <param name="Value">The value as a model input.</param>
/// <param name="Sample">Index of its sample, from 0.</param>
public readonly record struct LargestValue(double Value, int Sample);

/// <summary>A data set as tensors, converted once; rows are gathered by index.</summary>
public sealed class SampleTensors : IDisposable
{
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly Device _device;

    /// <summary>
    /// Converts <paramref name="samples"/>: pixels are normalised, numbers are cast to <paramref name="type"/>, tokens become int64.
    /// </summary>
    /// <param name="samples">Samples and labels.</param>
    /// <param name="inputShape">The model's input shape; it has as many elements as a sample.</param>
    /// <param name="normalisation">How pixels are scaled.</param>
    /// <param name="type">Element type of inputs other than tokens, and of numeric labels.</param>
    /// <param name="device">Device of the tensors.</param>
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

    /// <summary>Whether the samples have labels; otherwise the label values are meaningless.</summary>
    public bool IsLabelled { get; }

    /// <summary>Kind, shape and range of the samples.</summary>
    public SampleTraits Traits { get; }

    /// <summary>Fingerprint of the samples as read; <see langword="null"/> if not needed.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The input value of a 0 in the files: a black pixel after scaling, or 0.</summary>
    public double Black { get; }

    /// <summary>Gathers rows in this order: inputs <c>[m, …]</c>, and labels <c>[m] int64</c>, or <c>[m, k]</c> for numeric labels.</summary>
    /// <param name="indices">Indices, relative to <paramref name="first"/>.</param>
    /// <param name="first">Offset of the caller's samples.</param>
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

    /// <summary>The input value furthest from 0, and its sample; <see langword="null"/> for tokens and for an empty set.</summary>
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

    /// <summary>The elements in a tensor of their own type.</summary>
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
