using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Trains one batch per round: its gradient, then one optimizer step. Traversal and centralized training differ only in
/// the gradient's source, nodes or pooled data.
/// </summary>
/// <param name="model">The global model.</param>
/// <param name="planner">Plans the batches.</param>
/// <param name="gradients">Computes their gradients.</param>
/// <param name="allowNonFinite">Whether training continues after a NaN or infinite loss.</param>
internal sealed class GradientMethod(ModelManager model, IBatchPlanner planner, IGradientSource gradients, bool allowNonFinite) : ITrainingMethod
{
    /// <inheritdoc/>
    public int RoundsPerEpoch => planner.BatchesPerEpoch;

    /// <inheritdoc/>
    public StepClock Clock => gradients.Clock;

    /// <inheritdoc/>
    public async Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken)
    {
        VirtualBatch batch = planner.Batch(round.Epoch, round.Index);
        if (batch.Rows == 0)
        {
            return default;
        }

        BatchOutcome outcome = await gradients.ComputeAsync(batch, cancellationToken);
        RequireFinite(outcome, round);
        Clock.Lap(StepPart.Other);
        if (outcome.Rows > 0)
        {
            model.Update();
        }

        Clock.Lap(StepPart.Optimizer);
        return new RoundOutcome(outcome.LossSum, outcome.Hits, outcome.Rows, batch.Rows - outcome.Rows, batch.Plan.Visits.Count);
    }

    private void RequireFinite(BatchOutcome outcome, Round round)
    {
        if (!allowNonFinite && !double.IsFinite(outcome.LossSum))
        {
            throw new DivergedException(
                $"the loss is {outcome.LossSum} at {StepId.InWords(round.Epoch, round.Index)}: look at the data first: {gradients.DescribeData()};"
                + $" then use a smaller --lr (now {model.LearningRate}) or --clip_grad_norm; --allow_nonfinite goes on");
        }
    }
}
