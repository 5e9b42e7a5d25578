using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>The node has only <c>f_N</c> and θ_N. It keeps <c>A_i</c> and its labels, and computes the loss when it receives <c>Z_i</c>.</summary>
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
