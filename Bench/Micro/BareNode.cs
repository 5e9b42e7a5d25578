using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>
/// A node's half of a bare step: what a node computes, by the product's own code, without anything that moves it. What a pass gave is there
/// until <see cref="Release"/>. One thread at a time.
/// </summary>
internal sealed class BareNode : IDisposable
{
    private readonly TaskProcessor _processor;
    private readonly ForwardPass _pass;
    private readonly int[] _indices;
    private readonly HostTensor _logits;
    private readonly HostTensor _activationGradients;
    private HostTensor? _activations;
    private LossOutput? _loss;
    private ParameterGradient? _gradient;

    public BareNode(BareWorkload workload, int node)
    {
        _processor = new TaskProcessor(workload.Setup, workload.SamplesOf(node), CPU);
        _pass = new ForwardPass(new StepId(1, 0, 0), workload.BatchSize);
        _indices = new int[workload.RowsOf(node)];
        long[] shape = [_indices.Length, .. workload.Setup.Model.ShapeBehind(workload.Setup.Cut)];
        ScalarType type = workload.Setup.ElementType.ToScalarType();
        _logits = HostTensor.Zeros([_indices.Length, workload.Setup.Model.ClassCount], type);
        _activationGradients = HostTensor.Zeros(shape, type);
    }

    /// <summary>Where the indices of the samples are received: <c>[m] int32</c>.</summary>
    public Span<byte> Indices => MemoryMarshal.AsBytes(_indices.AsSpan());

    /// <summary>With a relay, where <c>Z_i</c> is received: <c>[m, C]</c>.</summary>
    public Span<byte> Logits => _logits.Memory.Span;

    /// <summary>Where <c>G_i</c> is received: <c>[m, …]</c>.</summary>
    public Span<byte> ActivationGradients => _activationGradients.Memory.Span;

    /// <summary><c>A_i</c>: <c>[m, …]</c>.</summary>
    public ReadOnlySpan<byte> Activations => _activations!.Memory.Span;

    /// <summary><c>Λ_i</c>: <c>[m, C]</c>.</summary>
    public ReadOnlySpan<byte> LogitGradients => _loss!.LogitGradients.Memory.Span;

    /// <summary><c>∇_i θ_N</c>: <c>[P_N]</c>.</summary>
    public ReadOnlySpan<byte> Gradient => _gradient!.Memory.Span;

    /// <summary>Where θ is received, asked for once a step and before it comes: <c>[P]</c>, with a relay <c>[P_N]</c>.</summary>
    public Span<byte> LandParameters() => _processor.ParameterBytes.Span;

    /// <summary><c>A_i</c>, and without a relay <c>Λ_i</c>.</summary>
    public void Forward()
    {
        ForwardOutput output = _processor.Forward(_pass, _indices);
        (_activations, _loss) = (output.Activations, output.Loss);
    }

    /// <summary>With a relay <c>Λ_i</c> from <c>Z_i</c>.</summary>
    public void Loss() => _loss = _processor.Loss(_pass.Step, _logits.Tensor);

    /// <summary><c>∇_i θ_N</c>, but for one phase from <c>G_i</c>.</summary>
    public void Backward() => _gradient = _processor.Backward(_pass.Step, _activationGradients.Tensor);

    /// <summary>Lets go of what the last pass gave.</summary>
    public void Release()
    {
        ((IDisposable?)_activations)?.Dispose();
        _activations = null;
        _loss?.Dispose();
        _loss = null;
        _gradient?.Dispose();
        _gradient = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        ((IDisposable)_logits).Dispose();
        ((IDisposable)_activationGradients).Dispose();
        _processor.Dispose();
    }
}
