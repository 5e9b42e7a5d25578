namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A flag's value before and after; <see langword="null"/> where the flag has no effect.</summary>
internal sealed record ChangedFlag(string? Was, string? Is);

/// <summary>
/// A point where a run was resumed with other flags; the result belongs to neither set of flags alone.
/// </summary>
/// <param name="FromStep">The step of the checkpoint that it resumed from.</param>
/// <param name="Changed">The changed flags by name.</param>
internal sealed record RunBranch(int FromStep, IReadOnlyDictionary<string, ChangedFlag> Changed)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Changed.Select(c => $"{c.Key} was {c.Value.Was ?? "not there"} and is {c.Value.Is ?? "not there"} now"));
}
