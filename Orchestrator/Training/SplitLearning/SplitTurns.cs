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
/// Takes the turns of split learning with nodes (Gupta and Raskar 2018; Vepakomma et al. 2018, with the loss at the node, so that labels stay
/// there). A turn is a function of what it starts from: one that is lost is taken again from its start, and gives the same.
/// </summary>
/// <param name="tasks">Has nodes do it.</param>
/// <param name="setup">What the nodes know of the run.</param>
/// <param name="options">How many at once, and what becomes of a lost one.</param>
/// <param name="encoding">How what is sent is encoded.</param>
/// <param name="buffers">What turns compute with.</param>
internal sealed class SplitTurns(
    NodeTaskRunner tasks, TrainingSetup setup, SchedulerOptions options, TensorEncodingOptions encoding, TurnBuffers buffers) : IDisposable
{
    // One half computes at a time: it has all threads, and torch has one generator of random numbers.
    private readonly SemaphoreSlim _computing = new(1, 1);

    /// <summary>Those of a run, which disposes them.</summary>
    public static SplitTurns Of(TrainingSession session)
    {
        FlatParameters parameters = session.Model.Parameters;
        TrainingSetup setup = session.Model.Setup;
        var buffers = new TurnBuffers(setup, session.Options.BatchSize, FlatBuffers.Count(parameters), parameters.Values.device);
        return session.Own(new SplitTurns(session.Tasks, setup, session.SchedulerOptions, session.Encoding, buffers));
    }

    /// <summary>Where θ and the model's buffers are divided.</summary>
    public HalfSizes Sizes => buffers.Sizes;

    /// <summary>Where lost nodes are skipped: waits until one of these is there, so that a round has somebody to ask.</summary>
    /// <exception cref="NodeLostException">None came in time.</exception>
    public Task RequireAnyAsync(IReadOnlyList<int> nodes, CancellationToken cancellationToken) => tasks.RequireAnyAsync(nodes, cancellationToken);

    /// <summary>Takes one turn.</summary>
    /// <param name="turn">Which.</param>
    /// <param name="first">θ_N to begin with, and the buffers of <c>f_N</c>.</param>
    /// <param name="start">Has θ_O to begin with, and the buffers of <c>f_O</c>; does not change before the turn is over.</param>
    /// <param name="clock">Told where the time goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it has made of both halves; <see langword="null"/> if its node was lost, where such are skipped. The caller disposes it.</returns>
    /// <exception cref="NodeLostException">Its node was lost, where it is not skipped.</exception>
    /// <exception cref="TaskFailedException">The node could not do it, or what came of it is not finite.</exception>
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

        // Behind any other failure nothing is given back: a link that is still there may write to it.
        buffers.Activations.TakeBack(activations);
        buffers.LogitGradients.TakeBack(logitGradients);
        return update;
    }

    /// <summary>Takes turns that start from the same, as many at once as there may be.</summary>
    /// <returns>In the order of <paramref name="turns"/>; without those whose nodes were lost, where such are skipped.</returns>
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

    /// <summary>One try, over one connection.</summary>
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

                // 2. The rest of it here: Z = f_O(A).
                using HostTensor logits = await ComputeAsync(() => half.Forward(activations, rows), clock, cancellationToken);

                // 3. The loss at the node, which has the labels: Λ.
                HostTensor logitGradients = await node.LossAsync(batch, logits);

                // 4. Backwards here: G, and a step on θ_O.
                using HostTensor activationGradients = await ComputeAsync(() => half.Step(logitGradients, rows), clock, cancellationToken);

                // 5. Backwards at the node, and a step on θ_N.
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
