using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>The node has all of θ and runs its backward pass itself. It keeps <c>Z_i</c> and <c>Λ_i / B</c>; no <c>G_i</c> is sent.</summary>
internal sealed class OnePhaseNode(ComputeUnit unit, OwnSamples own) : NodeExchange(unit, own)
{
    public override long[]? ActivationShape(StepId step) => null;

    /// <summary><c>∇_i θ_N</c> from <c>Z_i.backward(Λ_i / B)</c>. Runs once: it releases the forward pass.</summary>
    public override ParameterGradient Backward(StepId step, Tensor? activationGradients)
    {
        PendingForward pending = Held(step);
        using (NewDisposeScope())
        {
            ParameterGradient gradient = Accumulate(pending.Output, pending.Beside!, keepGraph: false);
            Forget();
            return gradient;
        }
    }

    protected override ForwardOutput Forward(ForwardPass request, Tensor activations, Tensor labels)
    {
        Tensor logits = Unit.Model.ForwardRest(activations);
        (double lossSum, int hits, Tensor logitGradients) = LossOutput.Compute(Unit.Setup.Loss, logits, labels);
        Keep(request.Step, activations.shape, logits, logitGradients.div(request.BatchRows));
        return new ForwardOutput(HostTensor.Of(activations), new LossOutput(HostTensor.Of(logitGradients), lossSum, hits));
    }
}
