using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// The loop over epochs and rounds, shared by all methods. Collaborators that can fail or steer the run are called
/// directly, in order; pure observers subscribe to the events.
/// </summary>
/// <param name="holder">Who holds the model.</param>
/// <param name="method">Runs a round.</param>
/// <param name="evaluation">Evaluates each epoch.</param>
/// <param name="stop">Ends the run before its last epoch.</param>
/// <param name="checkpoints">Writes checkpoints.</param>
/// <param name="meter">Counts time and traffic.</param>
/// <param name="events">Receives all events.</param>
internal sealed class TrainingLoop(
    ModelHolder holder, ITrainingMethod method, EpochEvaluation evaluation, StopConditions stop, Checkpointer checkpoints, RunMeter meter, RunEvents events)
{
    private TrainingProgress _progress = TrainingProgress.Start;

    /// <summary>Current progress.</summary>
    public TrainingProgress Progress => _progress;

    /// <summary>Trains from <paramref name="start"/> and evaluates after every epoch.</summary>
    /// <returns>The progress at the end, or where the run was stopped early.</returns>
    public async Task<TrainingProgress> RunAsync(TrainingProgress start, int epochs, CancellationToken cancellationToken)
    {
        _progress = start;
        try
        {
            while (_progress.Epoch <= epochs && !stop.IsReached(_progress))
            {
                await TrainEpochAsync(cancellationToken);
            }
        }
        catch (Exception e) when (!IsDivergence(e))
        {
            // Whatever ended it, model and progress are those of the last complete step. If that step's loss is not
            // finite, it would be so again.
            await checkpoints.InterruptedAsync(_progress);
            throw;
        }

        await checkpoints.CompletedAsync(_progress, cancellationToken);
        return _progress;
    }

    private async Task TrainEpochAsync(CancellationToken cancellationToken)
    {
        meter.EpochStarted(isNew: _progress.NextBatch == 0);
        events.Publish(new EpochStarted(_progress, method.RoundsPerEpoch, holder.LearningRate));
        method.Clock.Restart();
        while (_progress.NextBatch < method.RoundsPerEpoch && _progress.StoppedBy is null)
        {
            await TrainRoundAsync(cancellationToken);
        }

        events.Publish(new RoundsCompleted(_progress.Epoch));
        EpochCompleted completed = await evaluation.EvaluateAsync(_progress, meter, cancellationToken);
        events.Publish(completed);
        meter.EpochCompleted();
        _progress = await stop.AfterEpochAsync(completed, cancellationToken);
        holder.EndEpoch();
        _progress = await stop.AskAsync(completed, _progress, cancellationToken);
        await checkpoints.EpochCompletedAsync(_progress, cancellationToken, isLast: completed.Judged.Loss is { } loss && !double.IsFinite(loss));
        evaluation.RequireFinite(completed);
    }

    private async Task TrainRoundAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var round = new Round(_progress.Epoch, _progress.NextBatch);
        RoundOutcome outcome = await method.RunAsync(round, cancellationToken);
        _progress = stop.AfterRound(_progress.After(outcome));
        events.Publish(new RoundCompleted(round, method.RoundsPerEpoch, outcome) { Progress = _progress });
        if (_progress.NextBatch < method.RoundsPerEpoch && _progress.StoppedBy is null)
        {
            await checkpoints.StepCompletedAsync(_progress, cancellationToken);
        }

        method.Clock.Lap(StepPart.Other);
    }

    private static bool IsDivergence(Exception e) => e is DivergedException or TaskFailedException { IsDivergence: true };
}
