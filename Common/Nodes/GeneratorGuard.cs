using TraversalLearning.Data;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// Restores the state of torch's global random generator on dispose, so that a node's draws do not affect others in the same
/// process. Nothing else may draw in the meantime.
/// </summary>
public sealed class GeneratorGuard : IDisposable
{
    private readonly Tensor _state = get_rng_state().DetachFromDisposeScope();

    /// <summary>Seeds torch's generator from the next number of another generator until the guard is disposed.</summary>
    /// <param name="random">The other generator; <see langword="null"/> if no random numbers are needed.</param>
    /// <returns><see langword="null"/> if no random numbers are needed.</returns>
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
