using TraversalLearning.Orchestration.Audit.Attacks;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What somebody knows of θ and of its gradients.</summary>
/// <param name="Gradients">The gradients of all θ at the audited steps.</param>
/// <param name="Last">The last θ, flat; <see langword="null"/> if none is known.</param>
internal sealed record KnownState(IReadOnlyList<SummedGradient> Gradients, double[]? Last)
{
    /// <summary>Nothing.</summary>
    public static KnownState None { get; } = new([], null);
}
