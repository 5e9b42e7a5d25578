using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
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
internal sealed class TraversalScheduler(
    NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, TensorEncodingOptions encoding, OrchestratorLog log)
{
    private readonly VisitTasks _tasks = new(setup, options.AllowNonFinite, encoding, log);
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

    /// <summary>
    /// Begins the visits. They fill <c>A</c> and <c>Λ</c> and sum <c>∇_i θ_N</c>. With one phase a node's backward pass follows its forward pass,
    /// else it waits for its rows of <c>G</c>; with a relay its loss waits for its rows of <c>Z</c>.
    /// </summary>
    public void Begin(TraversalStep step)
    {
        switch (setup.Exchange)
        {
            case Exchange.OnePhase:
                step.Visits = VisitAllAsync(step, _tasks.ForwardAndBackwardAsync, begins: true, bringsGradients: true);
                break;
            case Exchange.TwoPhase:
                Task forward = VisitAllAsync(step, _tasks.ForwardAsync, begins: true);
                step.Visits = Task.WhenAll(forward, VisitAllAsync(step, _tasks.BackwardAsync, bringsGradients: true, ready: Behind(forward, step.ActivationGradients)));
                break;
            case Exchange.Relay:
                Task first = VisitAllAsync(step, _tasks.ForwardFirstAsync, begins: true);
                Task loss = VisitAllAsync(step, _tasks.LossAsync, ready: Behind(first, step.Logits));
                step.Visits = Task.WhenAll(
                    first, loss, VisitAllAsync(step, _tasks.BackwardAsync, bringsGradients: true, ready: Behind(loss, step.ActivationGradients)));
                break;
        }

        Func<int, Task> Behind(Task phase, CentralRows rows) => visit =>
            options.Order == TraversalOrder.Sequential && !phase.IsCompleted ? phase : rows.Of(step.PartOf(visit));
    }

    /// <summary>Waits for the rows of <c>A</c> of a micro-batch; without a relay those of <c>Λ</c> are there too.</summary>
    public Task ForwardAsync(TraversalStep step, MicroBatch part) =>
        WaitAsync(step, setup.Exchange == Exchange.Relay ? step.Activations.Of(part) : step.Losses.Of(part));

    /// <summary>Has the rows of <c>Λ</c> of a micro-batch: with a relay from the nodes, which get their rows of <c>Z</c>.</summary>
    /// <param name="step">The step.</param>
    /// <param name="part">The micro-batch.</param>
    /// <param name="logits"><c>Z</c>, until the step ends; made only where it is needed.</param>
    public async Task LossAsync(TraversalStep step, MicroBatch part, Func<HostTensor> logits)
    {
        if (setup.Exchange == Exchange.Relay)
        {
            HostTensor rows = logits();
            step.Clock.Lap(StepPart.OrchestratorCompute);
            step.Logits.Offer(part, rows);
            await WaitAsync(step, step.Losses.Of(part));
        }
    }

    /// <summary>Waits for the sum of the first-layer gradients.</summary>
    public async Task<BatchOutcome> BackwardAsync(TraversalStep step)
    {
        await WaitAsync(step, step.Visits);
        step.ThrowIfFailed();
        return new BatchOutcome(step.Losses.All.Sum(l => l.LossSum), step.Losses.All.Sum(l => l.Hits), step.Batch.Rows);
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

    private static async Task WaitAsync(TraversalStep step, Task replies)
    {
        if (await Task.WhenAny(replies, step.Visits) == step.Visits)
        {
            step.ThrowIfFailed();
        }

        await NodeTaskRunner.LeaveReceivingLoopAsync();
        step.Clock.LapVisits();
    }

    /// <summary>
    /// Visits every node of the plan, so many at once, beginning in plan order; the first failure stops the others.
    /// A visit that brings a gradient keeps its place until that is part of the sum. The earliest that is missing there has a place, since it
    /// began before all that wait for it.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="visit">One visit, by its place in the plan.</param>
    /// <param name="begins">Whether the step begins with it for the node.</param>
    /// <param name="bringsGradients">Whether a visit ends with a gradient.</param>
    /// <param name="ready">What a visit begins after.</param>
    private async Task VisitAllAsync(
        TraversalStep step,
        Func<TraversalStep, int, NodeLink, int, CancellationToken, Task> visit,
        bool begins = false,
        bool bringsGradients = false,
        Func<int, Task>? ready = null)
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
                    begins ? new StepId(step.Batch.Epoch, step.Batch.Index, Attempt: 0) : null,
                    async (link, attempt, deadline) =>
                    {
                        long decoded = link.DecodeTicks;
                        await visit(step, index, link, attempt, deadline);
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
                if (ready is not null)
                {
                    await ready(i).WaitAsync(step.Full);
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
