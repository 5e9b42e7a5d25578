using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Epochs of rounds; the same for every method.</summary>
internal sealed class TrainingLoop(
    ModelManager model,
    ITrainingMethod method,
    SampleTensors? test,
    TrainingReporter reporter,
    Checkpointer checkpoints,
    EpochMeter meter,
    RunEvents events,
    Validator? validate = null,
    EpochWatch? watch = null,
    EpochGate? gate = null,
    StepWatch? steps = null)
{
    // More rows at once are no faster, and those of a convolutional model would be what takes the most memory of the run.
    private const int EvaluationBatchSize = 250;

    private TrainingProgress _progress = TrainingProgress.Start;

    /// <summary>What ends it before the last epoch, beside <c>watch</c>.</summary>
    public StopRules Rules { get; init; } = StopRules.None;

    /// <summary>What becomes of a loss behind an epoch that is no number; <see langword="null"/> for nothing.</summary>
    public FiniteLoss? Finite { get; init; }

    /// <summary>How far it has come.</summary>
    public TrainingProgress Progress => _progress;

    /// <summary>What a step of the last epoch took; <see langword="null"/> if no step was done here.</summary>
    public EpochFigures? Figures { get; private set; }

    /// <summary>Trains from where <paramref name="start"/> says, and evaluates after every epoch.</summary>
    /// <returns>How far it came: to the end, or to where it was stopped early.</returns>
    public async Task<TrainingProgress> RunAsync(TrainingProgress start, int epochs, CancellationToken cancellationToken)
    {
        _progress = start;
        try
        {
            while (_progress.Epoch <= epochs && !_progress.IsStopped && !(watch?.IsOver(_progress) ?? false))
            {
                await TrainEpochAsync(cancellationToken);
            }
        }
        catch (Exception e) when (!IsDivergence(e))
        {
            // Whatever ended it, model and progress are those of the last whole step; where that step's loss is no number, it would be so again.
            checkpoints.Interrupted(_progress);
            throw;
        }

        checkpoints.Completed(_progress);
        return _progress;
    }

    private async Task TrainEpochAsync(CancellationToken cancellationToken)
    {
        reporter.EpochStarted(_progress, method.RoundsPerEpoch, model.LearningRate);
        meter.Start();
        while (_progress.NextBatch < method.RoundsPerEpoch && _progress.StoppedBy is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var round = new Round(_progress.Epoch, _progress.NextBatch);
            RoundOutcome outcome = await method.RunAsync(round, cancellationToken);
            _progress = _progress.After(outcome);
            _progress = _progress with { StoppedBy = Rules.AfterRound(_progress.Steps, Spent) };
            reporter.RoundCompleted(round, outcome, _progress);
            events.Publish(new RoundCompleted(round, method.RoundsPerEpoch, outcome));
            steps?.RoundCompleted(round, method.RoundsPerEpoch);
            if (_progress.NextBatch < method.RoundsPerEpoch && _progress.StoppedBy is null)
            {
                checkpoints.StepCompleted(_progress);
            }

            meter.StepCompleted(outcome.Visits);
        }

        if (meter.Stop() is { } figures)
        {
            Figures = figures;
            reporter.StepsMeasured(_progress.Epoch, figures);
        }

        Evaluation? evaluation = test is null ? null : model.Evaluate(test, EvaluationBatchSize, cancellationToken);
        Validation? validation = validate is null ? null : await validate(_progress.Epoch, cancellationToken);
        var completed = new EpochCompleted(_progress, evaluation, reporter.Meters) { Validation = validation, LearningRate = model.LearningRate };
        Finite?.Look(completed);
        events.Publish(completed);
        reporter.EpochCompleted(_progress, evaluation, validation);
        _progress = _progress with { Stopping = watch?.After(_progress, validate is null ? evaluation?.Loss : validation?.Loss, evaluation, validation, model) };
        model.EndEpoch();
        (double? accuracy, double? loss) = completed.Judged;
        _progress = _progress.NextEpoch(evaluation, validation) with { StoppedBy = _progress.StoppedBy ?? Rules.AfterEpoch(accuracy, loss) };
        if (gate is not null && await gate(completed, cancellationToken) is { } verdict)
        {
            _progress = _progress with { StoppedBy = _progress.StoppedBy ?? verdict };
        }

        checkpoints.EpochCompleted(_progress, isLast: loss is { } last && !double.IsFinite(last));
        Finite?.Require(completed);
    }

    private static bool IsDivergence(Exception e) => e is DivergedException or TaskFailedException { IsDivergence: true };

    private (double Seconds, long Bytes) Spent()
    {
        RunMeters meters = reporter.Meters;
        return (meters.Seconds, meters.SentBytes + meters.ReceivedBytes);
    }
}
