using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Early stopping: tracks a loss over the epochs and keeps the model of the best one. The loss is that on the held-out
/// samples, or, without those, that on the orchestrator's test set.
/// </summary>
/// <param name="settings">Stopping criteria.</param>
/// <param name="ofNodes">Whether nodes hold out samples.</param>
/// <param name="best">Stores the model.</param>
internal sealed class EpochWatch(EarlyStopping settings, bool ofNodes, BestModel best)
{
    /// <summary>
    /// Records a completed epoch. An epoch without a loss, because no node was available, is ignored.
    /// </summary>
    /// <param name="epoch">The completed epoch.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<StoppingState> AfterAsync(EpochCompleted epoch, CancellationToken cancellationToken)
    {
        StoppingState before = epoch.Progress.Stopping ?? StoppingState.Start;
        if ((ofNodes ? epoch.Validation?.Loss : epoch.Evaluation?.Loss) is not { } loss)
        {
            return before;
        }

        StoppingState after = before.After(epoch.Epoch, loss, epoch.Evaluation, epoch.Validation, settings);
        if (after.BestEpoch == epoch.Epoch)
        {
            await best.WriteAsync(cancellationToken);
        }

        return after;
    }

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(TrainingProgress progress) => progress.Stopping?.IsOver(settings) ?? false;
}
