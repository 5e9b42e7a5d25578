using TorchSharp;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Runs the visits of a step. A visit whose connection is lost is retried alone once its node is back. The work of
/// other nodes is kept, and the result is the same.
/// </summary>
internal sealed class TraversalScheduler(NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options)
{
    private readonly int _visitsAtOnce = options.NodesAtOnce(setup);

    /// <summary>Creates the sum of a batch's first-layer gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="buffers">Lends their memory.</param>
    /// <param name="total">Receives the sum, which owns it.</param>
    public GradientSum NewSum(VirtualBatch batch, BatchBuffers buffers, torch.Tensor total) => new(
        buffers,
        total,
        batch.Plan.Visits.Count,
        options.AllowNonFinite
            ? null
            : (visit, element) => throw FiniteReplies.GradientFailure(batch.Plan.Visits[visit].NodeId, new StepId(batch.Epoch, batch.Index, 0), element));

    /// <summary>Creates a step over a batch; sends nothing yet.</summary>
    /// <param name="batch">The planned samples.</param>
    /// <param name="parameters">θ, encoded once for all nodes.</param>
    /// <param name="buffers">Receive replies.</param>
    /// <param name="gradients">Sums first-layer gradients.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the step.</param>
    public TraversalStep NewStep(
        VirtualBatch batch, EncodedTensor parameters, BatchBuffers buffers, GradientSum gradients, StepClock clock, CancellationToken cancellationToken) =>
        new(batch, MicroBatch.Of(batch.Plan, options.MicroBatchRows), parameters, buffers, gradients, clock, cancellationToken);

    /// <summary>Starts the visits, phase by phase. They fill the batch's buffers and sum <c>∇_i θ_N</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="phases">In order; one visit may enter its next phase while others are still in theirs.</param>
    public void Begin(TraversalStep step, IReadOnlyList<VisitPhase> phases)
    {
        var begun = new List<Task>(phases.Count);
        foreach (VisitPhase phase in phases)
        {
            begun.Add(VisitAllAsync(step, phase, before: begun.LastOrDefault(), bringsGradients: begun.Count == phases.Count - 1));
        }

        step.Visits = Task.WhenAll(begun);
    }

    /// <summary>
    /// Visits every node of the plan with limited concurrency, in plan order; the first failure stops the others. A
    /// visit that brings a gradient keeps its slot until the gradient is part of the sum. The earliest missing visit
    /// always has a slot, because it started before all that wait for it.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="phase">The request of this phase.</param>
    /// <param name="before">The preceding phase; <see langword="null"/> for the first.</param>
    /// <param name="bringsGradients">Whether a visit ends with a gradient.</param>
    private async Task VisitAllAsync(TraversalStep step, VisitPhase phase, Task? before, bool bringsGradients)
    {
        int count = step.Batch.Plan.Visits.Count;
        using var places = new SemaphoreSlim(_visitsAtOnce);
        async Task VisitOneAsync(int index)
        {
            try
            {
                await tasks.RunAsync(
                    step.Batch.Plan.Visits[index].NodeId,
                    options.OnNodeLoss,
                    before is null ? new StepId(step.Batch.Epoch, step.Batch.Index, Attempt: 0) : null,
                    async (link, attempt, deadline) =>
                    {
                        long decoded = link.DecodeTicks;
                        await phase.AskAsync(step, index, link, attempt, deadline);
                        step.Clock.Codec(link.DecodeTicks - decoded);
                    },
                    step.Cancelled);
                long start = step.Clock.Now;
                int done = bringsGradients ? step.Gradients.Complete(index) : 1;
                step.Clock.Sum(step.Clock.Now - start);
                if (done > 0)
                {
                    places.Release(done);
                }
            }
            catch (Exception e)
            {
                await step.FailAsync(e, othersFinish: options.OnNodeLoss == OnNodeLoss.Skip && e is NodeLostException);
            }
        }

        var visits = new List<Task>(count);
        try
        {
            for (int i = 0; i < count; i++)
            {
                if (options.Order == TraversalOrder.Sequential && before is { IsCompleted: false })
                {
                    await before.WaitAsync(step.Full);
                }
                else if (phase.Rows is { } rows)
                {
                    await rows.Of(step.PartOf(i)).WaitAsync(step.Full);
                }

                await places.WaitAsync(step.Full);
                visits.Add(VisitOneAsync(i));
            }
        }
        catch (OperationCanceledException e)
        {
            await step.FailAsync(e, othersFinish: true);
        }

        await Task.WhenAll(visits);
    }
}
