using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// Leaves torch's one generator of random numbers as it found it: what a node draws must not move what others in the same process draw. Nobody
/// else may draw meanwhile.
/// </summary>
public sealed class GeneratorGuard : IDisposable
{
    private readonly Tensor _state = get_rng_state().DetachFromDisposeScope();

    /// <inheritdoc/>
    public void Dispose()
    {
        set_rng_state(_state);
        _state.Dispose();
    }
}
