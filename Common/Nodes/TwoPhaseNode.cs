using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>The node has all of θ. It computes <c>Z_i = f_O(A_i)</c> and the loss with the forward pass, and keeps <c>A_i</c> until <c>G_i</c> arrives.</summary>
internal sealed class TwoPhaseNode(ComputeUnit unit, OwnSamples own) : NodeExchange(unit, own)
{
    protected override ForwardOutput Forward(ForwardPass request, Tensor activations, Tensor labels)
    {
        using (no_grad())
        {
            (double lossSum, int hits, Tensor logitGradients) = LossOutput.Compute(Unit.Setup.Loss, Unit.Model.ForwardRest(activations), labels);
            Keep(request.Step, activations.shape, activations);
            return new ForwardOutput(HostTensor.Of(activations), new LossOutput(HostTensor.Of(logitGradients), lossSum, hits));
        }
    }
}
