using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>Loss of a visit; disposing it frees its tensor.</summary>
/// <param name="LogitGradients"><c>Λ_i</c>: <c>[m, C]</c>.</param>
/// <param name="LossSum"><c>ℓ_i</c>.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
public sealed record LossOutput(HostTensor LogitGradients, double LossSum, int Hits) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)LogitGradients).Dispose();

    /// <summary>Computes the loss from logits.</summary>
    internal static LossOutput Of(LossFunction function, Tensor logits, Tensor labels)
    {
        (double lossSum, int hits, Tensor logitGradients) = Compute(function, logits, labels);
        return new LossOutput(HostTensor.Of(logitGradients), lossSum, hits);
    }

    /// <summary>Computes the loss and leaves the gradient on the device.</summary>
    internal static (double LossSum, int Hits, Tensor LogitGradients) Compute(LossFunction function, Tensor logits, Tensor labels)
    {
        using (enable_grad())
        {
            Tensor leaf = logits.detach().requires_grad_();
            Tensor loss = function.Sum(leaf, labels);
            loss.backward();
            return (loss.ToDouble(), function.Hits(leaf.detach(), labels), leaf.grad!);
        }
    }
}
