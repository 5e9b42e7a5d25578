using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models;
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
    private readonly HostTensor _activationGradients;
    private ForwardOutput? _output;
    private ParameterGradient? _gradient;

    public BareNode(BareWorkload workload, int node)
    {
        _processor = new TaskProcessor(workload.Setup, workload.SamplesOf(node), CPU);
        _pass = new ForwardPass(new StepId(1, 0, 0), workload.BatchSize);
        _indices = new int[workload.RowsOf(node)];
        long[] shape = [_indices.Length, .. workload.Setup.Model.ShapeBehind(workload.Setup.Cut)];
        _activationGradients = HostTensor.Zeros(shape, workload.Setup.ElementType.ToScalarType());
    }

    /// <summary>Where the indices of the samples are received: <c>[m] int32</c>.</summary>
    public Span<byte> Indices => MemoryMarshal.AsBytes(_indices.AsSpan());

    /// <summary>Where <c>G_i</c> is received: <c>[m, …]</c>.</summary>
    public Span<byte> ActivationGradients => _activationGradients.Memory.Span;

    /// <summary><c>A_i</c>: <c>[m, …]</c>.</summary>
    public ReadOnlySpan<byte> Activations => _output!.Activations.Memory.Span;

    /// <summary><c>Λ_i</c>: <c>[m, C]</c>.</summary>
    public ReadOnlySpan<byte> LogitGradients => _output!.LogitGradients.Memory.Span;

    /// <summary><c>∇_i θ_N</c>: <c>[P_N]</c>.</summary>
    public ReadOnlySpan<byte> Gradient => _gradient!.Memory.Span;

    /// <summary>Where θ is received, asked for once a step and before it comes: <c>[P]</c>.</summary>
    public Span<byte> LandParameters() => _processor.ParameterBytes.Span;

    /// <summary><c>A_i</c> and <c>Λ_i</c>.</summary>
    public void Forward() => _output = _processor.Forward(_pass, _indices);

    /// <summary><c>∇_i θ_N</c>, with two phases from <c>G_i</c>.</summary>
    public void Backward() => _gradient = _processor.Backward(_pass.Step, _activationGradients.Tensor);

    /// <summary>Lets go of what the last pass gave.</summary>
    public void Release()
    {
        _output?.Dispose();
        _output = null;
        _gradient?.Dispose();
        _gradient = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        ((IDisposable)_activationGradients).Dispose();
        _processor.Dispose();
    }
}
