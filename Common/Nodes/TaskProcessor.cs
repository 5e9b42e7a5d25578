using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Nodes;

/// <summary>
/// The node's half of the algorithm (design section 2, steps 4 and 6) over its own samples. Stateless between steps but for
/// the forward pass just done. Not thread-safe: one task at a time.
/// </summary>
public sealed class TaskProcessor : IDisposable
{
    private readonly Device _device;
    private readonly LayeredModel _model;
    private readonly FlatParameters _parameters;
    private readonly TorchSharp.Modules.Parameter[] _firstParameters;
    private readonly SampleTensors _samples;
    private readonly ModelMemory _memory;
    private PendingForward? _pending;

    /// <summary>Builds the model and converts the samples.</summary>
    /// <param name="setup">What the orchestrator says.</param>
    /// <param name="images">This node's samples.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="maxModelBytes">The most memory that the model may take; more is refused before any is taken.</param>
    /// <exception cref="ModelException">The model does not fit the samples or the memory.</exception>
    public TaskProcessor(TrainingSetup setup, ImageSet images, Device device, long maxModelBytes = long.MaxValue)
    {
        _memory = new ModelMemory(setup, maxModelBytes);
        _memory.Require(rows: 1);
        Setup = setup;
        _device = device;
        ScalarType type = setup.ElementType.ToScalarType();
        _model = new LayeredModel(setup.Model, setup.Cut);
        _parameters = new FlatParameters(_model, type, device, setup.FirstParameterCount);
        _firstParameters = [.. _model.parameters().Take(FirstParameterTensors())];
        _samples = new SampleTensors(images, setup.Model.InputShape, setup.Normalisation, type, device);
    }

    /// <summary>What this was built for.</summary>
    public TrainingSetup Setup { get; }

    /// <summary>Samples held; valid indices are from 0 to this, exclusive.</summary>
    public int SampleCount => _samples.Count;

    /// <summary>Where θ is to be received: <c>[P]</c>.</summary>
    public Memory<byte> ParameterBytes => _parameters.ValueBytes;

    /// <summary>Elements of θ.</summary>
    public long ParameterCount => _parameters.Count;

    /// <summary>The shape that <c>G_i</c> must have for the pending forward pass; <see langword="null"/> if that of <paramref name="step"/> is not held.</summary>
    public long[]? ActivationShape(StepId step) => Pending(step)?.Shape;

    /// <summary>
    /// Forward pass with the θ in <see cref="ParameterBytes"/>: <c>A_i = f_N(X_i)</c>, <c>Z_i = f_O(A_i)</c>,
    /// <c>ℓ_i = Σ_j loss(z_ij, y_ij)</c>, <c>Λ_i = ∂ℓ_i/∂Z_i</c>; with <see cref="Exchange.OnePhase"/> also
    /// <c>∇_i θ_N</c>. <c>A_i</c> is kept for <see cref="Backward"/>.
    /// </summary>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        _memory.Require(indices.Length);
        Forget();
        _parameters.ValuesFromHost();
        bool onePhase = Setup.Exchange == Exchange.OnePhase;
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = _samples.Gather(indices);
        Tensor activations = _model.ForwardFirst(inputs);
        using (enable_grad(onePhase))
        {
            Tensor logits = _model.ForwardRest(activations);
            (double lossSum, int hits, Tensor logitGradients) = Loss(logits, labels);
            HostTensor? parameterGradients = null;
            if (onePhase)
            {
                _parameters.Gradient.zero_();
                logits.backward([logitGradients.div(request.BatchRows)], inputs: _firstParameters);
                _parameters.GradientToHost();
                parameterGradients = _parameters.HostGradient;
            }
            else
            {
                _pending = new PendingForward(request.Step, activations.shape, activations.DetachFromDisposeScope());
            }

            return new ForwardOutput(ToHost(activations), ToHost(logitGradients), parameterGradients, lossSum, hits);
        }
    }

    /// <summary><c>∇_i θ_N</c> from <c>A_i.backward(G_i)</c>; <c>A_i</c> is that of the last forward pass.</summary>
    /// <returns>The gradient's bytes, valid until the next task.</returns>
    public HostTensor Backward(StepId step, Tensor activationGradients)
    {
        PendingForward pending = Pending(step) ?? throw new InvalidOperationException($"no forward pass of {step} is held");
        using (NewDisposeScope())
        {
            _parameters.Gradient.zero_();
            // The graph is kept until the next forward pass: the reply may be lost and the request come again.
            pending.Activations.backward([activationGradients.to(_device)], retain_graph: true, inputs: _firstParameters);
            _parameters.GradientToHost();
        }

        return _parameters.HostGradient;
    }

    /// <summary>Lets go of the pending forward pass.</summary>
    public void Forget()
    {
        _pending?.Activations.Dispose();
        _pending = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _samples.Dispose();
        _parameters.Dispose();
        _model.Dispose();
    }

    private static (double LossSum, int Hits, Tensor LogitGradients) Loss(Tensor logits, Tensor labels)
    {
        using (enable_grad())
        {
            Tensor leaf = logits.detach().requires_grad_();
            Tensor loss = F.cross_entropy(leaf, labels, reduction: nn.Reduction.Sum);
            loss.backward();
            int hits = leaf.argmax(1).eq(labels).sum().ToInt32();
            return (loss.ToDouble(), hits, leaf.grad!);
        }
    }

    private static HostTensor ToHost(Tensor tensor) => new(tensor.detach().contiguous().cpu());

    private PendingForward? Pending(StepId step) =>
        _pending is { } pending && pending.Step.Epoch == step.Epoch && pending.Step.Batch == step.Batch ? pending : null;

    private int FirstParameterTensors()
    {
        int count = 0;
        foreach (ParameterSlice slice in _parameters.Layout)
        {
            count += slice.Offset + slice.Count <= Setup.FirstParameterCount ? 1 : 0;
        }

        return count;
    }

    private sealed record PendingForward(StepId Step, long[] Shape, Tensor Activations);
}

/// <summary>What a forward pass gave. Disposing it lets go of <c>A_i</c> and <c>Λ_i</c>; the gradients belong to the processor.</summary>
/// <param name="Activations"><c>A_i</c>: <c>[m, …]</c>.</param>
/// <param name="LogitGradients"><c>Λ_i</c>: <c>[m, C]</c>.</param>
/// <param name="ParameterGradients"><c>∇_i θ_N</c>: <c>[P_N]</c>, with <see cref="Exchange.OnePhase"/>; valid until the next task.</param>
/// <param name="LossSum"><c>ℓ_i</c>.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
public sealed record ForwardOutput(
    HostTensor Activations, HostTensor LogitGradients, HostTensor? ParameterGradients, double LossSum, int Hits) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)Activations).Dispose();
        ((IDisposable)LogitGradients).Dispose();
    }
}
