namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A flag's value before and after; <see langword="null"/> where it decides nothing.</summary>
internal sealed record ChangedFlag(string? Was, string? Is);

/// <summary>Where a run was gone on with by other flags than before: its result is that of neither alone.</summary>
/// <param name="FromStep">The step of the checkpoint that it went on from.</param>
/// <param name="Changed">The flags, by their names.</param>
internal sealed record RunBranch(int FromStep, IReadOnlyDictionary<string, ChangedFlag> Changed)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Changed.Select(c => $"{c.Key} was {c.Value.Was ?? "not there"} and is {c.Value.Is ?? "not there"} now"));
}
