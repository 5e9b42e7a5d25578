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
/// <param name="ofNodes">Whether nodes keep samples out.</param>
/// <param name="best">Keeps the model.</param>
internal sealed class EpochWatch(EarlyStopping settings, bool ofNodes, BestModel best)
{
    /// <summary>Looks at an epoch that is done. One whose loss nobody was there to say counts for nothing.</summary>
    /// <param name="epoch">What came of it.</param>
    /// <param name="model">As it is now.</param>
    public StoppingState After(EpochCompleted epoch, ModelManager model)
    {
        StoppingState before = epoch.Progress.Stopping ?? StoppingState.Start;
        if ((ofNodes ? epoch.Validation?.Loss : epoch.Evaluation?.Loss) is not { } loss)
        {
            return before;
        }

        StoppingState after = before.After(epoch.Epoch, loss, epoch.Evaluation, epoch.Validation, settings);
        if (after.BestEpoch == epoch.Epoch)
        {
            best.Write(model);
        }

        return after;
    }

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(TrainingProgress progress) => progress.Stopping?.IsOver(settings) ?? false;
}
