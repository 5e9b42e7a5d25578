using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>The node has <c>f_N</c> and θ_N only: it keeps <c>A_i</c> and its rows' labels, and computes the loss when <c>Z_i</c> comes back to it.</summary>
internal sealed class RelayNode(ComputeUnit unit, OwnSamples own) : NodeExchange(unit, own)
{
    public override long[]? LogitShape(StepId step) => Pending(step) is { } pending ? [pending.Shape[0], Unit.Setup.Model.ClassCount] : null;

    public override LossOutput Loss(StepId step, Tensor logits)
    {
        Tensor labels = Held(step).Beside!;
        using (NewDisposeScope())
        {
            return LossOutput.Of(Unit.Setup.Loss, logits.to(Unit.Device), labels);
        }
    }

    protected override ForwardOutput Forward(ForwardPass request, Tensor activations, Tensor labels)
    {
        Keep(request.Step, activations.shape, activations, labels);
        return new ForwardOutput(HostTensor.Of(activations), Loss: null);
    }
}
