using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Carries out the visits of a step. A visit whose connection is lost is done again, alone, as soon as its node is back; nothing that
/// the other nodes did is lost, and the result is the same.
/// </summary>
internal sealed class TraversalScheduler(NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options)
{
    private readonly int _visitsAtOnce = options.NodesAtOnce(setup);

    /// <summary>Asks every node for its index range, and what else it says of itself; in order of the node ids.</summary>
    public async Task<NodeReport[]> QueryNodesAsync(int nodeCount, CancellationToken cancellationToken)
    {
        try
        {
            var reports = new NodeReport[nodeCount];
            await Task.WhenAll(Enumerable.Range(1, nodeCount).Select(node => tasks.RunAsync(
                node,
                OnNodeLoss.Wait, // Without the counts there is no run that could go on.
                round: null,
                async (link, _, token) => reports[node - 1] = await QueryAsync(link, token),
                cancellationToken)));
            return reports;
        }
        finally
        {
            await NodeTaskRunner.LeaveReceivingLoopAsync();
        }
    }

    /// <summary>Where the first-layer gradients of a batch are to be summed.</summary>
    /// <param name="batch">Whose.</param>
    /// <param name="buffers">Lends their memory.</param>
    /// <param name="total">Where the sum goes; owned by it.</param>
    public GradientSum NewSum(VirtualBatch batch, BatchBuffers buffers, torch.Tensor total) => new(
        buffers,
        total,
        batch.Plan.Visits.Count,
        options.AllowNonFinite
            ? null
            : (visit, element) => throw FiniteReplies.GradientFailure(batch.Plan.Visits[visit].NodeId, new StepId(batch.Epoch, batch.Index, 0), element));

    /// <summary>A step over a batch; nothing is asked of any node yet.</summary>
    /// <param name="batch">Which samples, where.</param>
    /// <param name="parameters">θ, encoded once for all nodes.</param>
    /// <param name="buffers">Where replies go.</param>
    /// <param name="gradients">Where first-layer gradients go.</param>
    /// <param name="clock">Told where the time goes.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    public TraversalStep NewStep(
        VirtualBatch batch, EncodedTensor parameters, BatchBuffers buffers, GradientSum gradients, StepClock clock, CancellationToken cancellationToken) =>
        new(batch, MicroBatch.Of(batch.Plan, options.MicroBatchRows), parameters, buffers, gradients, clock, cancellationToken);

    /// <summary>Begins the visits, phase by phase. They fill the batch's buffers and sum <c>∇_i θ_N</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="phases">In order; a visit's next one may begin while others are in theirs.</param>
    public void Begin(TraversalStep step, IReadOnlyList<VisitPhase> phases)
    {
        var begun = new List<Task>(phases.Count);
        foreach (VisitPhase phase in phases)
        {
            begun.Add(VisitAllAsync(step, phase, before: begun.LastOrDefault(), bringsGradients: begun.Count == phases.Count - 1));
        }

        step.Visits = Task.WhenAll(begun);
    }

    private static async Task<NodeReport> QueryAsync(NodeLink link, CancellationToken cancellationToken)
    {
        IndexRange range = await link.RequestAsync<IndexRangeQuery, IndexRange>(new IndexRangeQuery(), default, [], cancellationToken);
        if (range.Count != link.Hello.SampleCount)
        {
            throw new ConnectionLostException($"node {link.NodeId} was admitted with {link.Hello.SampleCount} samples and now says {range.Count}");
        }

        try
        {
            return new NodeReport(link.NodeId, checked((int)range.Count), range.Metadata is { } json ? NodeMetadata.FromJson(json) : NodeMetadata.None)
            {
                IsDealt = link.Hello.Dealt is not null,
            };
        }
        catch (FormatException e)
        {
            throw new ConnectionLostException($"node {link.NodeId} says of itself what cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Visits every node of the plan, so many at once, beginning in plan order; the first failure stops the others.
    /// A visit that brings a gradient keeps its place until that is part of the sum. The earliest that is missing there has a place, since it
    /// began before all that wait for it.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="phase">What is asked of the nodes.</param>
    /// <param name="before">The phase before it; <see langword="null"/> if the step begins with this one.</param>
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
