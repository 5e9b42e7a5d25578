using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// Traversal learning in which the orchestrator learns nothing but sizes, times and sums of losses: nodes compute the
/// gradients of their rows and add them under masks, and each takes the same optimizer step from the same sum.
/// </summary>
/// <param name="group">The nodes.</param>
/// <param name="planner">Plans the batches, as every node does.</param>
/// <param name="minNodes">Nodes that must have rows in a batch.</param>
/// <param name="attendance">The nodes present when lost nodes are skipped; <see langword="null"/> if a lost node ends the step.</param>
/// <param name="holder">The nodes' model, as the run sees it.</param>
/// <param name="clock">Measures where the time of a step goes.</param>
/// <param name="log">The run's log.</param>
internal sealed class BlindMethod(
    BlindGroup group, IBatchPlanner planner, int minNodes, Attendance? attendance, BlindHolder holder, StepClock clock, OrchestratorLog log) : ITrainingMethod
{
    /// <inheritdoc/>
    public int RoundsPerEpoch => planner.BatchesPerEpoch;

    /// <inheritdoc/>
    public StepClock Clock => clock;

    /// <summary>The nodes' model, as the run sees it.</summary>
    public ModelHolder Holder => holder;

    /// <summary>The nodes.</summary>
    public BlindGroup Group => group;

    /// <inheritdoc/>
    public async Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken)
    {
        VirtualBatch batch = planner.Batch(round.Epoch, round.Index);
        clock.Lap(StepPart.Other);
        StepSum? sum = await SumAsync(batch, cancellationToken);
        clock.Lap(StepPart.Optimizer);
        return sum is null
            ? new RoundOutcome(0, 0, 0, batch.Rows, batch.Plan.Visits.Count)
            : new RoundOutcome(sum.LossSum, sum.Hits, sum.Batch.Rows, batch.Rows - sum.Batch.Rows, batch.Plan.Visits.Count);
    }

    private async Task<StepSum?> SumAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        var lost = new HashSet<int>();
        while (true)
        {
            VirtualBatch present = attendance is null ? batch : await attendance.PresentAsync(batch, lost, cancellationToken);
            if (present.Plan.Visits.Count < minNodes)
            {
                log.BatchOfTooFewNodes(StepId.InWords(batch.Epoch, batch.Index), present.Plan.Visits.Count, minNodes);
                return null;
            }

            try
            {
                return await group.StepAsync(present, cancellationToken);
            }
            catch (NodeLostException e) when (attendance is not null)
            {
                lost.UnionWith(attendance.Lost(e, batch));
            }
        }
    }
}
