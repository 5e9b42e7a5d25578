using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>What a forward pass gave. Disposing it lets go of all of it.</summary>
/// <param name="Activations"><c>A_i</c>: <c>[m, …]</c>.</param>
/// <param name="Loss">Of the rows; <see langword="null"/> where the node does not have <c>f_O</c>, and its logits are still to come.</param>
public sealed record ForwardOutput(HostTensor Activations, LossOutput? Loss) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)Activations).Dispose();
        Loss?.Dispose();
    }
}
