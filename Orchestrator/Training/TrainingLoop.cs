using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Scheduling;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Epochs of steps; the same for traversal and centralized training.</summary>
internal sealed class TrainingLoop(
    ModelManager model, IGradientSource gradients, VirtualBatchPlanner planner, SampleTensors test, TrainingReporter reporter, bool allowNonFinite = false)
{
    private const int EvaluationBatchSize = 1000;

    /// <summary>Trains and evaluates after every epoch.</summary>
    /// <returns>The last evaluation.</returns>
    public async Task<Evaluation> RunAsync(int epochs, CancellationToken cancellationToken)
    {
        Evaluation evaluation = default;
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            reporter.EpochStarted(epoch, planner, model.LearningRate);
            foreach (VirtualBatch batch in planner.Epoch(epoch))
            {
                cancellationToken.ThrowIfCancellationRequested();
                BatchOutcome outcome = await gradients.ComputeAsync(batch, cancellationToken);
                RequireFinite(outcome, batch);
                model.Update();
                reporter.StepCompleted(batch, outcome);
            }

            model.EndEpoch();
            evaluation = model.Evaluate(test, EvaluationBatchSize, cancellationToken);
            reporter.EpochCompleted(evaluation);
        }

        return evaluation;
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
