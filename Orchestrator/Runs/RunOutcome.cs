using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>The outcome of a run.</summary>
/// <param name="Evaluation">Evaluation of the resulting model: that of the last epoch or, with early stopping, of the
/// best; <see langword="null"/> without a test set.</param>
/// <param name="Progress">Progress at the end.</param>
/// <param name="Meters">Time and traffic.</param>
/// <param name="Hash">SHA-256 over all parameter bytes; <see langword="null"/> if only the nodes have the model.</param>
/// <param name="Figures">Cost per step in the last epoch; <see langword="null"/> if no step was done in this part of
/// the run.</param>
internal sealed record RunOutcome(Evaluation? Evaluation, TrainingProgress Progress, RunMeters Meters, string? Hash, EpochFigures? Figures)
{
    /// <summary>Validation of the same model on held-out samples; <see langword="null"/> if there are none.</summary>
    public Validation? Validation { get; init; }

    /// <summary>Facts of a blind run; <see langword="null"/> for the other exchanges.</summary>
    public BlindFacts? Blind { get; init; }

    /// <summary>The reports of nodes 1, 2, …; empty if they were not asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; init; } = [];

    /// <summary>The points where the run was resumed with other flags; empty if there are none.</summary>
    public IReadOnlyList<RunBranch> Branches { get; init; } = [];

    /// <summary>
    /// What stopped the run early, including <see cref="StopRules.Patience"/> and a gate's reason;
    /// <see langword="null"/> if it completed all epochs.
    /// </summary>
    public string? StoppedBy { get; init; }
}
