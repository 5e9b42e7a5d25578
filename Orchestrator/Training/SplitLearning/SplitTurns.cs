using System.Runtime.ExceptionServices;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// Runs split-learning turns with nodes (Gupta and Raskar 2018; Vepakomma et al. 2018, with the loss on the node, so
/// that labels stay there). A turn is a function of its starting state: a lost turn is retried from its start and gives
/// the same result.
/// </summary>
/// <param name="tasks">Runs tasks on nodes.</param>
/// <param name="setup">Setup shared with the nodes.</param>
/// <param name="options">Concurrency, and how lost nodes are handled.</param>
/// <param name="encoding">Encoding of outgoing tensors.</param>
/// <param name="buffers">The turns' buffers.</param>
internal sealed class SplitTurns(
    NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, TensorEncodingOptions encoding, TurnBuffers buffers) : IDisposable
{
    // One half computes at a time: it uses all threads, and torch has a single random number generator.
    private readonly SemaphoreSlim _computing = new(1, 1);

    /// <summary>Creates the runner of a run; the run disposes it.</summary>
    public static SplitTurns Of(MethodParts parts)
    {
        FlatParameters parameters = parts.Model.Parameters;
        TrainingSetup setup = parts.Model.Setup;
        var buffers = new TurnBuffers(setup, parts.Options.BatchSize, FlatBuffers.Count(parameters), parameters.Values.device);
        return parts.Own(new SplitTurns(parts.Tasks, setup, parts.SchedulerOptions, parts.Encoding, buffers));
    }

    /// <summary>Sizes of the halves of θ and of the buffers.</summary>
    public HalfSizes Sizes => buffers.Sizes;

    /// <summary>
    /// When lost nodes are skipped: waits until at least one of these nodes is connected, so that a round is not empty.
    /// </summary>
    /// <exception cref="NodeLostException">No node connected in time.</exception>
    public Task RequireAnyAsync(IReadOnlyList<int> nodes, CancellationToken cancellationToken) => tasks.RequireAnyAsync(nodes, cancellationToken);

    /// <summary>Runs one turn.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="first">The initial θ_N, and the buffers of <c>f_N</c>.</param>
    /// <param name="start">Holds the initial θ_O and the buffers of <c>f_O</c>; unchanged until the turn ends.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The result for both halves; <see langword="null"/> if the node was lost and lost nodes are skipped. The
    /// caller disposes it.</returns>
    /// <exception cref="NodeLostException">The node was lost and lost nodes are not skipped.</exception>
    /// <exception cref="TaskFailedException">The node failed the task, or the result is not finite.</exception>
    public async Task<LocalUpdate?> TakeAsync(Turn turn, EncodedHalf first, ModelCopy start, StepClock clock, CancellationToken cancellationToken)
    {
        var update = new LocalUpdate(turn.NodeId, buffers.Parameters, buffers.Buffers);
        HostTensor activations = buffers.Activations.Lend();
        HostTensor logitGradients = buffers.LogitGradients.Lend();
        try
        {
            await tasks.RunAsync(
                turn.NodeId,
                options.OnNodeLoss,
                turn.Step,
                async (NodeLink link, int attempt, TaskDeadline deadline) =>
                {
                    deadline.Stop(); // It is the node's, and begins with what it is asked.
                    Turn tried = turn with { Step = turn.Step with { Attempt = attempt } };
                    var dialog = new TurnDialog(tried, link, deadline, activations, logitGradients, encoding, clock, options.AllowNonFinite);
                    await TryAsync(tried, dialog, first, start, update, clock, deadline.Token);
                },
                cancellationToken);
        }
        catch (NodeLostException) when (options.OnNodeLoss == OnNodeLoss.Skip)
        {
            update.Dispose();
            update = null;
        }

        // After any other failure the buffers are not returned: an open link may still write to them.
        buffers.Activations.TakeBack(activations);
        buffers.LogitGradients.TakeBack(logitGradients);
        return update;
    }

    /// <summary>Runs turns that share a starting state, concurrently up to the window's limit.</summary>
    /// <returns>Results in the order of <paramref name="turns"/>; turns of skipped nodes are left out.</returns>
    /// <inheritdoc cref="TakeAsync"/>
    public async Task<IReadOnlyList<LocalUpdate>> TakeAllAsync(
        IReadOnlyList<Turn> turns, EncodedHalf first, ModelCopy start, StepClock clock, CancellationToken cancellationToken)
    {
        var updates = new LocalUpdate?[turns.Count];
        using var places = new SemaphoreSlim(TurnWindow.Of(setup, options));
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? failure = null;
        await Task.WhenAll(turns.Select((turn, index) => TakeOneAsync(turn, index)));
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return [.. updates.OfType<LocalUpdate>()];

        async Task TakeOneAsync(Turn turn, int index)
        {
            try
            {
                await places.WaitAsync(others.Token);
                updates[index] = await TakeAsync(turn, first, start, clock, others.Token);
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
        buffers.Dispose();
        _computing.Dispose();
    }

    /// <summary>A single attempt over one connection.</summary>
    private async Task TryAsync(
        Turn turn, TurnDialog node, EncodedHalf first, ModelCopy start, LocalUpdate update, StepClock clock, CancellationToken cancellationToken)
    {
        long begun = clock.Now;
        ServerHalf half = await ComputeAsync(() => Begin(turn, start), clock, cancellationToken);
        try
        {
            await node.StartAsync(first);
            for (int batch = 0; batch < turn.Batches.Count; batch++)
            {
                int rows = turn.Batches[batch].Length;

                // 1. The node's forward pass: A = f_N(X).
                HostTensor activations = await node.ForwardAsync(batch);

                // 2. The orchestrator's forward pass: Z = f_O(A).
                using HostTensor logits = await ComputeAsync(() => half.Forward(activations, rows), clock, cancellationToken);

                // 3. The loss on the node, which holds the labels: Λ.
                HostTensor logitGradients = await node.LossAsync(batch, logits);

                // 4. The orchestrator's backward pass: G, and a step on θ_O.
                using HostTensor activationGradients = await ComputeAsync(() => half.Step(logitGradients, rows), clock, cancellationToken);

                // 5. The node's backward pass, and a step on θ_N.
                await node.BackwardAsync(batch, activationGradients);
            }

            await node.EndAsync(update, Sizes);
            await ComputeAsync(() => End(turn, half, update), clock, cancellationToken);
            clock.Visited(new NodeWork(turn.NodeId, WorkKind.Turn, turn.Rows, begun, node.ComputeMicroseconds));
            update.Complete(new LocalResult(turn.Step, node.LossSum, node.Hits, node.ComputeMicroseconds), turn.Rows);
        }
        finally
        {
            buffers.TakeBack(half);
        }
    }

    private ServerHalf Begin(Turn turn, ModelCopy start)
    {
        ServerHalf half = buffers.LendHalf();
        using Tensor restBuffers = start.RestBuffers();
        half.Begin(start.RestParameters, restBuffers, LocalOptimizers.Read(turn.Optimizer), turn.NewServerRandom());
        return half;
    }

    private LocalUpdate End(Turn turn, ServerHalf half, LocalUpdate update)
    {
        Memory<byte> rest = update.Parameters.Memory[Sizes.FirstBytes..];
        using Tensor restBuffers = Sizes.RestOf(update.Buffers.Tensor);
        half.Read(rest, restBuffers);
        if (!options.AllowNonFinite && NonFinite.IndexOf(rest.Span, update.Parameters.Type) >= 0)
        {
            throw new TaskFailedException(
                turn.NodeId, TaskFailureCodes.Computation, $"the orchestrator's half is not finite after its turn ({turn.Step}): look at its data first, where a value may be very large; then use a smaller --lr or --clip_grad_norm")
            {
                IsDivergence = true,
            };
        }

        return update;
    }

    private async Task<T> ComputeAsync<T>(Func<T> compute, StepClock clock, CancellationToken cancellationToken)
    {
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        await _computing.WaitAsync(cancellationToken);
        try
        {
            long start = clock.Now;
            T result = compute();
            clock.Sum(clock.Now - start);
            return result;
        }
        finally
        {
            _computing.Release();
        }
    }
}
