using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>
/// Runs local training on nodes: each trains the θ that it is sent on its own samples and returns the result.
/// </summary>
/// <param name="tasks">Runs tasks on nodes.</param>
/// <param name="setup">Setup shared with the nodes.</param>
/// <param name="options">Concurrency, and how lost nodes are handled.</param>
/// <param name="bufferCount">Number of elements in the model's buffers.</param>
internal sealed class LocalRounds(NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, long bufferCount) : IDisposable
{
    private readonly TensorPool _parameters = new([setup.Model.ParameterCount], setup.ElementType.ToScalarType());
    private readonly TensorPool _buffers = new([bufferCount], setup.ElementType.ToScalarType());

    /// <summary>Trains the same θ on several nodes.</summary>
    /// <param name="request">The training request; the attempt is filled in.</param>
    /// <param name="nodes">The nodes to ask.</param>
    /// <param name="model">θ, and the buffers of a model that has any; encoded once for all nodes.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>In the order of <paramref name="nodes"/>; skipped nodes are left out. The caller disposes
    /// them.</returns>
    /// <exception cref="NodeLostException">A node was lost and lost nodes are not skipped, or all nodes were
    /// lost.</exception>
    /// <exception cref="TaskFailedException">A node failed the task.</exception>
    public Task<IReadOnlyList<LocalUpdate>> TrainAsync(
        LocalTraining request, IReadOnlyList<int> nodes, EncodedTensor[] model, StepClock clock, CancellationToken cancellationToken) => RunAsync(
        request.Step,
        nodes,
        (link, attempt, update, deadline) => TrainAsync(request with { Step = request.Step with { Attempt = attempt } }, link, model, update, deadline),
        clock,
        cancellationToken);

    /// <summary>Requests a model from each of several nodes.</summary>
    /// <param name="round">The round that begins with this request.</param>
    /// <param name="nodes">The nodes to ask.</param>
    /// <param name="askAsync">A single numbered attempt over one connection; fills the update.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <inheritdoc cref="TrainAsync(LocalTraining, IReadOnlyList{int}, EncodedTensor[], StepClock, CancellationToken)"/>
    public async Task<IReadOnlyList<LocalUpdate>> RunAsync(
        StepId round,
        IReadOnlyList<int> nodes,
        Func<NodeLink, int, LocalUpdate, CancellationToken, Task> askAsync,
        StepClock clock,
        CancellationToken cancellationToken)
    {
        clock.Lap(StepPart.Codec);
        await tasks.RequireAnyAsync(nodes, cancellationToken);
        var updates = new LocalUpdate?[nodes.Count];
        using var places = new SemaphoreSlim(options.NodesAtOnce(setup));
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? failure = null;
        await Task.WhenAll(nodes.Select((node, index) => TrainOneAsync(node, index)));
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        clock.LapVisits();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        return [.. updates.OfType<LocalUpdate>()];

        async Task TrainOneAsync(int node, int index)
        {
            LocalUpdate? update = null;
            try
            {
                await places.WaitAsync(others.Token);
                update = new LocalUpdate(node, _parameters, _buffers);
                await tasks.RunAsync(
                    node,
                    options.OnNodeLoss,
                    round,
                    async (link, attempt, deadline) =>
                    {
                        (long begun, long decoded) = (clock.Now, link.DecodeTicks);
                        await askAsync(link, attempt, update, deadline);
                        clock.Visited(new NodeWork(node, WorkKind.Training, update.Rows, begun, update.ComputeMicroseconds));
                        clock.Codec(link.DecodeTicks - decoded);
                    },
                    others.Token);
                updates[index] = update;
                places.Release();
            }
            catch (NodeLostException) when (options.OnNodeLoss == OnNodeLoss.Skip)
            {
                update!.Dispose();
                places.Release();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                await others.CancelAsync();
            }
        }
    }

    /// <summary>The buffers that receive a reply's tensors.</summary>
    public ExpectedTensor[] Expected(LocalUpdate update)
    {
        ExpectedTensor parameters = Expected(TensorNames.Parameters, update.Parameters);
        return bufferCount > 0 ? [parameters, Expected(TensorNames.Buffers, update.Buffers)] : [parameters];
    }

    /// <summary>Checks a reply whose tensors have arrived, and completes the update with it.</summary>
    /// <exception cref="ConnectionLostException">The reply does not match the request; the connection can no longer be
    /// used.</exception>
    /// <exception cref="TaskFailedException">A value in the reply is NaN or infinite.</exception>
    public void Complete(LocalUpdate update, NodeLink link, LocalTraining request, LocalResult result)
    {
        long rows = request.RowsOf(link.Hello.SampleCount);
        if (result.Step != request.Step || result.Hits > rows)
        {
            throw new ConnectionLostException($"node {link.NodeId} answered {request.Step} with {result.Step} and {result.Hits} hits of {rows} rows");
        }

        if (request.DropsLast && result.Rows != rows)
        {
            throw new TaskFailedException(
                link.NodeId, TaskFailureCodes.Computation, $"it was to leave its last, smaller batch out and does not say so ({request.Step}): it needs a version that knows --last_batch");
        }

        if (!options.AllowNonFinite)
        {
            FiniteReplies.Require(link.NodeId, request.Step, Expected(update), result.LossSum);
        }

        update.Complete(result, rows);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        _buffers.Dispose();
    }

    /// <summary>A single attempt over one connection.</summary>
    private async Task TrainAsync(LocalTraining request, NodeLink link, EncodedTensor[] model, LocalUpdate update, CancellationToken cancellationToken)
    {
        LocalResult result = await link.RequestAsync<LocalTraining, LocalResult>(request, model, Expected(update), cancellationToken);
        Complete(update, link, request, result);
    }

    private static ExpectedTensor Expected(string name, HostTensor destination) => new(name, destination.Type, destination.Shape, destination.Memory);
}
