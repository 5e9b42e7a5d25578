using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>What a run ended with.</summary>
/// <param name="Evaluation">Of the model that it ended with: the last epoch's, or with early stopping that of the best; <see langword="null"/> if there is no test set.</param>
/// <param name="Progress">How far it came.</param>
/// <param name="Meters">What it took.</param>
/// <param name="Hash">SHA-256 over all parameter bytes.</param>
/// <param name="Figures">What a step of the last epoch took; <see langword="null"/> if no step was done in this part of the run.</param>
internal sealed record RunOutcome(Evaluation? Evaluation, TrainingProgress Progress, RunMeters Meters, string Hash, EpochFigures? Figures)
{
    /// <summary>Of the same model, on what nodes keep out; <see langword="null"/> if they keep nothing.</summary>
    public Validation? Validation { get; init; }

    /// <summary>What node 1, 2, … said of themselves; empty where they were not asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; init; } = [];

    /// <summary>Where it was gone on with by other flags; empty if it never was.</summary>
    public IReadOnlyList<RunBranch> Branches { get; init; } = [];

    /// <summary>The rule that ended it, <see cref="StopRules.Patience"/> and what a gate said among them; <see langword="null"/> if it went through all of its epochs.</summary>
    public string? StoppedBy { get; init; }
}
