using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>Result of a forward pass; disposing it frees its tensors.</summary>
/// <param name="Activations"><c>A_i</c>: <c>[m, …]</c>.</param>
/// <param name="Loss">Loss of the rows; <see langword="null"/> if the node does not have <c>f_O</c> and waits for its logits.</param>
public sealed record ForwardOutput(HostTensor Activations, LossOutput? Loss) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)Activations).Dispose();
        Loss?.Dispose();
    }
}
