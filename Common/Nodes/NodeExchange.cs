using TorchSharp;
using TraversalLearning.Messages;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The node's half of an exchange (design section 2, steps 4 and 6): the computation of each task of a visit, and the state
/// kept between tasks. Not thread-safe: one task at a time, while holding the unit.
/// </summary>
/// <param name="unit">The compute unit.</param>
/// <param name="own">The node's samples.</param>
internal abstract class NodeExchange(ComputeUnit unit, OwnSamples own)
{
    private PendingForward? _pending;

    /// <summary>The exchange of a setup.</summary>
    public static NodeExchange Of(ComputeUnit unit, OwnSamples own) => unit.Setup.Exchange switch
    {
        Exchange.TwoPhase => new TwoPhaseNode(unit, own),
        Exchange.OnePhase => new OnePhaseNode(unit, own),
        Exchange.Relay => new RelayNode(unit, own),
        var other => throw new NotSupportedException($"a node has no part in the exchange {other}"),
    };

    /// <summary>The compute unit.</summary>
    protected ComputeUnit Unit => unit;

    /// <summary>The shape required of <c>G_i</c>; <see langword="null"/> if the step's forward pass is not held, or <c>G_i</c> is not used.</summary>
    public virtual long[]? ActivationShape(StepId step) => Pending(step)?.Shape;

    /// <summary>The shape required of <c>Z_i</c>; <see langword="null"/> if the step's forward pass is not held, or <c>Z_i</c> is not used.</summary>
    public virtual long[]? LogitShape(StepId step) => null;

    /// <summary>Whether the forward pass of a step is held, so that the visit can continue.</summary>
    public bool Holds(StepId step) => Pending(step) is not null;

    /// <summary>Rows of the held forward pass of a step; 0 if it is not held.</summary>
    public int HeldRows(StepId step) => Pending(step) is { } pending ? (int)pending.Shape[0] : 0;

    /// <summary>The forward pass: <c>A_i = f_N(X_i)</c>, plus what the exchange adds.</summary>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = unit.Samples.Gather(unit.Setup.Augmentation, request.Step.Epoch, indices, own);
        return Forward(request, unit.Model.ForwardFirst(inputs), labels);
    }

    /// <summary>The loss of the held forward pass from the logits received: <c>ℓ_i = Σ_j loss(z_ij, y_ij)</c>, <c>Λ_i = ∂ℓ_i/∂Z_i</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="logits"><c>Z_i</c>: <c>[m, C]</c>.</param>
    public virtual LossOutput Loss(StepId step, Tensor logits) => throw new InvalidOperationException("the loss is part of the forward pass");

    /// <summary><c>∇_i θ_N</c> from <c>A_i.backward(G_i)</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="activationGradients"><c>G_i</c>, if the exchange uses it.</param>
    public virtual ParameterGradient Backward(StepId step, Tensor? activationGradients)
    {
        PendingForward pending = Held(step);
        using (NewDisposeScope())
        {
            // The graph is kept until the next forward pass: the reply may be lost and the request repeated.
            return Accumulate(pending.Output, activationGradients!.to(unit.Device), keepGraph: true);
        }
    }

    /// <summary>Frees the held forward pass.</summary>
    public void Forget()
    {
        _pending?.Output.Dispose();
        _pending?.Beside?.Dispose();
        _pending = null;
    }

    /// <summary>Computes the exchange's output from the activations, within a dispose scope.</summary>
    /// <param name="request">The request.</param>
    /// <param name="activations"><c>A_i</c>: <c>[m, …]</c>, with its graph.</param>
    /// <param name="labels">Labels of the rows.</param>
    protected abstract ForwardOutput Forward(ForwardPass request, Tensor activations, Tensor labels);

    /// <summary>Keeps a forward pass for the rest of the visit.</summary>
    /// <param name="step">The step.</param>
    /// <param name="shape">Shape of <c>A_i</c>.</param>
    /// <param name="output">Start of the backward pass.</param>
    /// <param name="beside">Another tensor that the exchange needs; optional.</param>
    protected void Keep(StepId step, long[] shape, Tensor output, Tensor? beside = null) =>
        _pending = new PendingForward(step, unit.Generation, shape, output.DetachFromDisposeScope(), beside?.DetachFromDisposeScope());

    /// <summary>The forward pass of a step, if held. It is dropped when another node changes θ.</summary>
    protected PendingForward? Pending(StepId step) =>
        _pending is { } pending && pending.Generation == unit.Generation && pending.Step.Epoch == step.Epoch && pending.Step.Batch == step.Batch
            ? pending
            : null;

    /// <summary>The forward pass of a step.</summary>
    /// <exception cref="InvalidOperationException">The forward pass is not held.</exception>
    protected PendingForward Held(StepId step) => Pending(step) ?? throw new InvalidOperationException($"no forward pass of {step} is held");

    /// <summary>Runs a backward pass and returns the gradient at θ_N.</summary>
    /// <param name="output">Start of the backward pass.</param>
    /// <param name="outputGradients">Gradient at <paramref name="output"/>.</param>
    /// <param name="keepGraph">Whether the backward pass may be repeated.</param>
    protected ParameterGradient Accumulate(Tensor output, Tensor outputGradients, bool keepGraph)
    {
        ParameterGradient gradient = unit.NewGradient();
        try
        {
            output.backward([outputGradients], retain_graph: keepGraph, inputs: unit.FirstParameters);
            gradient.TakeFrom(unit.FirstParameters);
            return gradient;
        }
        catch
        {
            gradient.Dispose();
            throw;
        }
        finally
        {
            foreach (TorchSharp.Modules.Parameter parameter in unit.FirstParameters)
            {
                parameter.grad = null;
            }
        }
    }

    /// <summary>A forward pass that waits for its backward pass.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Generation">Version of θ.</param>
    /// <param name="Shape">Shape of <c>A_i</c>.</param>
    /// <param name="Output">Start of the backward pass.</param>
    /// <param name="Beside">Another tensor that the exchange needs.</param>
    protected sealed record PendingForward(StepId Step, long Generation, long[] Shape, Tensor Output, Tensor? Beside);
}
