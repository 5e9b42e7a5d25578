using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>Has nodes train on their own samples, each from a θ that it is sent, and brings back what they have made of it.</summary>
/// <param name="tasks">Has them do it.</param>
/// <param name="setup">What the nodes know of the run.</param>
/// <param name="options">How many at once, and what becomes of a lost one.</param>
/// <param name="bufferCount">Elements of the model's buffers.</param>
internal sealed class LocalRounds(ReliableTasks tasks, TrainingSetup setup, SchedulerOptions options, long bufferCount) : IDisposable
{
    private readonly TensorPool _parameters = new([setup.Model.ParameterCount], setup.ElementType.ToScalarType());
    private readonly TensorPool _buffers = new([bufferCount], setup.ElementType.ToScalarType());

    /// <summary>Has nodes train from the same θ.</summary>
    /// <param name="request">How; the attempt is filled in.</param>
    /// <param name="nodes">Which nodes.</param>
    /// <param name="model">θ, and the buffers of a model that has some: encoded once for all.</param>
    /// <param name="clock">Told where the time goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>In the order of <paramref name="nodes"/>; without those that were lost, where such are skipped. The caller disposes them.</returns>
    /// <exception cref="NodeLostException">A node was lost, where it is not skipped, or all were.</exception>
    /// <exception cref="TaskFailedException">A node could not do it.</exception>
    public async Task<IReadOnlyList<LocalUpdate>> TrainAsync(
        LocalTraining request, IReadOnlyList<int> nodes, EncodedTensor[] model, StepClock clock, CancellationToken cancellationToken)
    {
        clock.Lap(StepPart.Codec);
        await tasks.RequireAnyAsync(nodes, cancellationToken);
        var updates = new LocalUpdate?[nodes.Count];
        using var places = new SemaphoreSlim(options.NodesAtOnce(setup));
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? failure = null;
        await Task.WhenAll(nodes.Select((node, index) => TrainOneAsync(node, index)));
        await ReliableTasks.LeaveReceivingLoopAsync();
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
                    async (link, attempt, deadline) =>
                    {
                        long decoded = link.DecodeTicks;
                        await TrainAsync(request with { Step = request.Step with { Attempt = attempt } }, link, model, update, deadline);
                        clock.Visited(update.ComputeMicroseconds);
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        _buffers.Dispose();
    }

    /// <summary>One try, over one connection.</summary>
    private async Task TrainAsync(LocalTraining request, NodeLink link, EncodedTensor[] model, LocalUpdate update, CancellationToken cancellationToken)
    {
        ExpectedTensor parameters = Expected(TensorNames.Parameters, update.Parameters);
        ExpectedTensor[] expected = bufferCount > 0 ? [parameters, Expected(TensorNames.Buffers, update.Buffers)] : [parameters];
        LocalResult result = await link.RequestAsync<LocalTraining, LocalResult>(request, model, expected, cancellationToken);
        long rows = link.Hello.SampleCount * request.Epochs;
        if (result.Step != request.Step || result.Hits > rows)
        {
            throw new ConnectionLostException($"node {link.NodeId} answered {request.Step} with {result.Step} and {result.Hits} hits of {rows} rows");
        }

        if (!options.AllowNonFinite)
        {
            FiniteReplies.Require(link.NodeId, request.Step, expected, result.LossSum);
        }

        update.Complete(result, rows);
    }

    private static ExpectedTensor Expected(string name, HostTensor destination) => new(name, destination.Type, destination.Shape, destination.Memory);
}
