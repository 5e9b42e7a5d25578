using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Checkpoints;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Scheduling;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Epochs of steps; the same for traversal and centralized training.</summary>
internal sealed class TrainingLoop(
    ModelManager model,
    IGradientSource gradients,
    VirtualBatchPlanner planner,
    SampleTensors test,
    TrainingReporter reporter,
    Checkpointer checkpoints,
    EpochMeter meter,
    bool allowNonFinite)
{
    private const int EvaluationBatchSize = 1000;
    private TrainingProgress _progress = TrainingProgress.Start;

    /// <summary>What a step of the last epoch took; <see langword="null"/> if no step was done here.</summary>
    public EpochFigures? Figures { get; private set; }

    /// <summary>Trains from where <paramref name="start"/> says, and evaluates after every epoch.</summary>
    /// <returns>How far it came: to the end.</returns>
    public async Task<TrainingProgress> RunAsync(TrainingProgress start, int epochs, CancellationToken cancellationToken)
    {
        _progress = start;
        try
        {
            while (_progress.Epoch <= epochs)
            {
                await TrainEpochAsync(cancellationToken);
            }
        }
        catch
        {
            // Whatever ended it, model and progress are those of the last whole step.
            checkpoints.Interrupted(_progress);
            throw;
        }

        checkpoints.Completed(_progress);
        return _progress;
    }

    private async Task TrainEpochAsync(CancellationToken cancellationToken)
    {
        reporter.EpochStarted(_progress, planner, model.LearningRate);
        meter.Start();
        foreach (VirtualBatch batch in planner.EpochFrom(_progress.Epoch, _progress.NextBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            BatchOutcome outcome = await gradients.ComputeAsync(batch, cancellationToken);
            RequireFinite(outcome, batch);
            gradients.Clock.Lap(StepPart.Other);
            if (outcome.Rows > 0)
            {
                model.Update();
            }

            gradients.Clock.Lap(StepPart.Optimizer);

            _progress = _progress.After(batch, outcome);
            reporter.StepCompleted(batch, outcome, _progress);
            if (_progress.NextBatch < planner.BatchesPerEpoch)
            {
                checkpoints.StepCompleted(_progress);
            }

            meter.StepCompleted(batch.Plan.Visits.Count);
        }

        if (meter.Stop() is { } figures)
        {
            Figures = figures;
            reporter.StepsMeasured(_progress.Epoch, figures);
        }

        Evaluation evaluation = model.Evaluate(test, EvaluationBatchSize, cancellationToken);
        reporter.EpochCompleted(_progress, evaluation);
        model.EndEpoch();
        _progress = _progress.NextEpoch(evaluation);
        checkpoints.EpochCompleted(_progress);
    }

    private void RequireFinite(BatchOutcome outcome, VirtualBatch batch)
    {
        if (!allowNonFinite && !double.IsFinite(outcome.LossSum))
        {
            throw new UserErrorException(
                ExitCode.TrainingFailed,
                $"the loss is {outcome.LossSum} at epoch {batch.Epoch}, batch {batch.Index}: training diverged; use a smaller --lr (now {model.LearningRate})");
        }
    }
}
