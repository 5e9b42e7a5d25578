using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>When checkpoints are written, and how many are kept.</summary>
/// <param name="Every">Steps between checkpoints; 0 for one after every epoch.</param>
/// <param name="Keep">Maximum number of checkpoints.</param>
internal sealed record CheckpointSchedule(int Every, int Keep);

/// <summary>
/// Writes the checkpoints of a training run. A failure to write, such as a full disk, logs a warning each time;
/// training continues and earlier checkpoints stay.
/// </summary>
/// <param name="store">Stores the checkpoints.</param>
/// <param name="schedule">When to write.</param>
/// <param name="describe">Creates the manifest for a given progress.</param>
/// <param name="writeFiles">Writes model and optimizer to a folder.</param>
/// <param name="log">The run's log.</param>
/// <param name="lastSaved">The step of the checkpoint that the run resumes from; 0 for a new run.</param>
/// <param name="events">Receives an event for each checkpoint.</param>
internal sealed class Checkpointer(
    CheckpointStore store,
    CheckpointSchedule schedule,
    Func<TrainingProgress, CheckpointManifest> describe,
    Func<string, CancellationToken, Task> writeFiles,
    OrchestratorLog log,
    int lastSaved = 0,
    RunEvents? events = null)
{
    private static readonly TimeSpan InterruptedTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The step of the newest checkpoint; 0 if there is none.</summary>
    public int LastSaved { get; private set; } = lastSaved;

    /// <summary>Why the last attempt to write a checkpoint failed; <see langword="null"/> if it succeeded.</summary>
    public string? Failure { get; private set; }

    /// <summary>Called after a step other than the last of an epoch.</summary>
    public Task StepCompletedAsync(TrainingProgress progress, CancellationToken cancellationToken) =>
        schedule.Every > 0 && progress.Steps % schedule.Every == 0 ? SaveAsync(progress, cancellationToken) : Task.CompletedTask;

    /// <summary>Called after an epoch and its evaluation.</summary>
    /// <param name="progress">The progress after the epoch.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <param name="isLast">Whether the run may end here, so that a checkpoint is due regardless of the
    /// schedule.</param>
    public Task EpochCompletedAsync(TrainingProgress progress, CancellationToken cancellationToken, bool isLast = false) =>
        isLast || schedule.Every == 0 || progress.Steps % schedule.Every == 0 ? SaveAsync(progress, cancellationToken) : Task.CompletedTask;

    /// <summary>Called after the last epoch: a run with more epochs can resume from here.</summary>
    public Task CompletedAsync(TrainingProgress progress, CancellationToken cancellationToken) => SaveAsync(progress, cancellationToken);

    /// <summary>Called when the run ends early; saves the last complete step.</summary>
    public async Task InterruptedAsync(TrainingProgress progress)
    {
        if (progress.Steps == 0)
        {
            return;
        }

        // The run has been cancelled, or something failed: what is left of it must not wait for nodes forever.
        using var deadline = new CancellationTokenSource(InterruptedTimeout);
        try
        {
            await SaveAsync(progress, deadline.Token);
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException))
        {
            // The nodes that hold the model are what failed.
            NotSaved(progress, e.Message);
        }
    }

    private async Task SaveAsync(TrainingProgress progress, CancellationToken cancellationToken)
    {
        // The same step has the same state, except for an evaluation that would be repeated.
        if (progress.Steps == LastSaved)
        {
            return;
        }

        try
        {
            await store.SaveAsync(describe(progress), writeFiles, cancellationToken);
            LastSaved = progress.Steps;
            Failure = null;
            log.CheckpointWritten(progress.Steps, store.PathOf(progress.Steps));
            events?.Publish(new CheckpointSaved(progress.Steps, store.PathOf(progress.Steps)));
            store.Prune(schedule.Keep);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (LastSaved == progress.Steps)
            {
                log.CheckpointNotDeleted(e.Message);
                return;
            }

            NotSaved(progress, e.Message);
        }
    }

    private void NotSaved(TrainingProgress progress, string reason)
    {
        Failure = reason;
        log.CheckpointFailed(progress.Steps, reason, LastSaved);
    }
}
