using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>When checkpoints are written, and what becomes of a failure.</summary>
/// <param name="Every">Steps between two; 0 for one after every epoch.</param>
/// <param name="Keep">How many there are at most.</param>
internal sealed record CheckpointSchedule(int Every, int Keep);

/// <summary>
/// Writes the checkpoints of a running training. That one cannot be written, a disk being full, ends nothing: it is warned of each time,
/// training goes on, and the earlier ones stay.
/// </summary>
/// <param name="store">Where they go.</param>
/// <param name="schedule">When.</param>
/// <param name="describe">The manifest for some progress.</param>
/// <param name="writeFiles">Writes model and optimizer into a folder.</param>
/// <param name="log">Told of each.</param>
/// <param name="lastSaved">The step of the checkpoint that training goes on from; 0 if it starts anew.</param>
/// <param name="events">Told of each that is written.</param>
internal sealed class Checkpointer(
    CheckpointStore store,
    CheckpointSchedule schedule,
    Func<TrainingProgress, CheckpointManifest> describe,
    Action<string> writeFiles,
    OrchestratorLog log,
    int lastSaved = 0,
    RunEvents? events = null)
{
    /// <summary>The step of the newest checkpoint; 0 if there is none.</summary>
    public int LastSaved { get; private set; } = lastSaved;

    /// <summary>Why the last try to write one failed; <see langword="null"/> if it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>After a step that was not the epoch's last.</summary>
    public void StepCompleted(TrainingProgress progress)
    {
        if (schedule.Every > 0 && progress.Steps % schedule.Every == 0)
        {
            Save(progress);
        }
    }

    /// <summary>After an epoch and its evaluation.</summary>
    /// <param name="progress">Behind it.</param>
    /// <param name="isLast">Whether the run may end here, so that there is to be one whatever the schedule says.</param>
    public void EpochCompleted(TrainingProgress progress, bool isLast = false)
    {
        if (isLast || schedule.Every == 0 || progress.Steps % schedule.Every == 0)
        {
            Save(progress);
        }
    }

    /// <summary>At the end of the last epoch: more epochs can be trained from here.</summary>
    public void Completed(TrainingProgress progress) => Save(progress);

    /// <summary>Something ended the run early: the last whole step is kept.</summary>
    public void Interrupted(TrainingProgress progress)
    {
        if (progress.Steps > 0)
        {
            Save(progress);
        }
    }

    private void Save(TrainingProgress progress)
    {
        // The same step twice is the same state, up to an evaluation that is done again.
        if (progress.Steps == LastSaved)
        {
            return;
        }

        try
        {
            store.Save(describe(progress), writeFiles);
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

            Failure = e.Message;
            log.CheckpointFailed(progress.Steps, e.Message, LastSaved);
        }
    }
}
