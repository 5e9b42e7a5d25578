using TraversalLearning.Data;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// Leaves torch's one generator of random numbers as it found it: what a node draws must not move what others in the same process draw. Nobody
/// else may draw meanwhile.
/// </summary>
public sealed class GeneratorGuard : IDisposable
{
    private readonly Tensor _state = get_rng_state().DetachFromDisposeScope();

    /// <summary>As long as it lives, what torch draws follows from the next number of another generator.</summary>
    /// <param name="random">That generator; <see langword="null"/> where nothing is drawn.</param>
    /// <returns><see langword="null"/> where nothing is drawn.</returns>
    public static GeneratorGuard? Seeded(SeededRandom? random)
    {
        if (random is null)
        {
            return null;
        }

        var guard = new GeneratorGuard();
        manual_seed((long)(random.NextUInt64() >> 1));
        return guard;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        set_rng_state(_state);
        _state.Dispose();
    }
}
