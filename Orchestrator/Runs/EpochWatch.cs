using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Watches a loss over the epochs, and keeps the model of the best one: that on the samples which nodes keep out, or, where they keep none, that on the
/// orchestrator's own test set.
/// </summary>
/// <param name="settings">When it has seen enough.</param>
/// <param name="best">Keeps the model.</param>
internal sealed class EpochWatch(EarlyStopping settings, BestModel best)
{
    /// <summary>Looks at an epoch that is done.</summary>
    /// <param name="progress">Of the run, in that epoch.</param>
    /// <param name="loss">The one that is watched; <see langword="null"/> if nobody was there to say it, which counts for nothing.</param>
    /// <param name="evaluation">On the test set.</param>
    /// <param name="validation">On what nodes keep out.</param>
    /// <param name="model">As it is now.</param>
    public StoppingState After(TrainingProgress progress, double? loss, Evaluation? evaluation, Validation? validation, ModelManager model)
    {
        StoppingState before = progress.Stopping ?? StoppingState.Start;
        if (loss is not { } value)
        {
            return before;
        }

        StoppingState after = before.After(progress.Epoch, value, evaluation, validation, settings);
        if (after.BestEpoch == progress.Epoch)
        {
            best.Write(model);
        }

        return after;
    }

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(TrainingProgress progress) => progress.Stopping?.IsOver(settings) ?? false;
}
