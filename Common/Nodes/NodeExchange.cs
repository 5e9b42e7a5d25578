using TorchSharp;
using TraversalLearning.Messages;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// A node's half of an exchange (design section 2, steps 4 and 6): what it computes in each task of a visit, and what it keeps from one to the next.
/// Not thread-safe: one task at a time, each within the node's turn.
/// </summary>
/// <param name="unit">Computes.</param>
/// <param name="own">The node's samples.</param>
internal abstract class NodeExchange(ComputeUnit unit, OwnSamples own)
{
    private PendingForward? _pending;

    /// <summary>That of a setup.</summary>
    public static NodeExchange Of(ComputeUnit unit, OwnSamples own) => unit.Setup.Exchange switch
    {
        Exchange.TwoPhase => new TwoPhaseNode(unit, own),
        Exchange.OnePhase => new OnePhaseNode(unit, own),
        Exchange.Relay => new RelayNode(unit, own),
        var other => throw new NotSupportedException($"a node has no part in the exchange {other}"),
    };

    /// <summary>Computes.</summary>
    protected ComputeUnit Unit => unit;

    /// <summary>The shape that <c>G_i</c> must have; <see langword="null"/> if the step's forward pass is not held, or no <c>G_i</c> comes.</summary>
    public virtual long[]? ActivationShape(StepId step) => Pending(step)?.Shape;

    /// <summary>The shape that <c>Z_i</c> must have; <see langword="null"/> if the step's forward pass is not held, or no <c>Z_i</c> comes.</summary>
    public virtual long[]? LogitShape(StepId step) => null;

    /// <summary>Whether the forward pass of a step is held, so that the rest of the visit can follow.</summary>
    public bool Holds(StepId step) => Pending(step) is not null;

    /// <summary>The forward pass: <c>A_i = f_N(X_i)</c>, and what the exchange adds to it.</summary>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = unit.Samples.Gather(unit.Setup.Augmentation, request.Step.Epoch, indices, own);
        return Forward(request, unit.Model.ForwardFirst(inputs), labels);
    }

    /// <summary>The loss of the rows of the forward pass that is held, where their logits come back: <c>ℓ_i = Σ_j loss(z_ij, y_ij)</c>, <c>Λ_i = ∂ℓ_i/∂Z_i</c>.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="logits"><c>Z_i</c>: <c>[m, C]</c>.</param>
    public virtual LossOutput Loss(StepId step, Tensor logits) => throw new InvalidOperationException("the loss is part of the forward pass");

    /// <summary><c>∇_i θ_N</c> from <c>A_i.backward(G_i)</c>.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="activationGradients"><c>G_i</c>, where it comes.</param>
    public virtual ParameterGradient Backward(StepId step, Tensor? activationGradients)
    {
        PendingForward pending = Held(step);
        using (NewDisposeScope())
        {
            // The graph is kept until the next forward pass: the reply may be lost and the request come again.
            return Accumulate(pending.Output, activationGradients!.to(unit.Device), keepGraph: true);
        }
    }

    /// <summary>Lets go of the forward pass that is held.</summary>
    public void Forget()
    {
        _pending?.Output.Dispose();
        _pending?.Beside?.Dispose();
        _pending = null;
    }

    /// <summary>What the exchange makes of the activations, within a dispose scope.</summary>
    /// <param name="request">The request.</param>
    /// <param name="activations"><c>A_i</c>: <c>[m, …]</c>, with its graph.</param>
    /// <param name="labels">Of the rows.</param>
    protected abstract ForwardOutput Forward(ForwardPass request, Tensor activations, Tensor labels);

    /// <summary>Keeps a forward pass for the rest of the visit.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="shape">Of <c>A_i</c>.</param>
    /// <param name="output">Where the backward pass begins.</param>
    /// <param name="beside">What else the exchange needs.</param>
    protected void Keep(StepId step, long[] shape, Tensor output, Tensor? beside = null) =>
        _pending = new PendingForward(step, unit.Generation, shape, output.DetachFromDisposeScope(), beside?.DetachFromDisposeScope());

    /// <summary>The forward pass of a step, if it is held: a θ that another node brought ends it.</summary>
    protected PendingForward? Pending(StepId step) =>
        _pending is { } pending && pending.Generation == unit.Generation && pending.Step.Epoch == step.Epoch && pending.Step.Batch == step.Batch
            ? pending
            : null;

    /// <summary>The forward pass of a step.</summary>
    /// <exception cref="InvalidOperationException">It is not held.</exception>
    protected PendingForward Held(StepId step) => Pending(step) ?? throw new InvalidOperationException($"no forward pass of {step} is held");

    /// <summary>The gradient at θ_N of a backward pass.</summary>
    /// <param name="output">Where it begins.</param>
    /// <param name="outputGradients">What it begins with.</param>
    /// <param name="keepGraph">Whether it may come again.</param>
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

    /// <summary>A forward pass whose backward pass may follow.</summary>
    /// <param name="Step">Which step.</param>
    /// <param name="Generation">Of θ.</param>
    /// <param name="Shape">Of <c>A_i</c>.</param>
    /// <param name="Output">Where the backward pass begins.</param>
    /// <param name="Beside">What else the exchange needs.</param>
    protected sealed record PendingForward(StepId Step, long Generation, long[] Shape, Tensor Output, Tensor? Beside);
}
