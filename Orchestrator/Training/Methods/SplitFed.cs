using TraversalLearning.Data;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.SplitLearning;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// SplitFed (Thapa et al. 2022): every selected node trains the round's initial θ_N in a turn with the orchestrator,
/// and θ_N becomes the mean of the results. In version 1 each turn has its own copy of θ_O, averaged likewise, so turns
/// run concurrently. In version 2 a single θ_O is trained by the turns one after another, in an order drawn anew each
/// round. An epoch is one round.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="model">θ of both halves.</param>
/// <param name="encoding">Encoding of the nodes' half.</param>
/// <param name="events">Receives aggregation events.</param>
/// <param name="rounds">Plans the turns of a round.</param>
/// <param name="nodes">Runs the turns.</param>
/// <param name="aggregator">Combines θ_N, and in version 1 θ_O.</param>
/// <param name="sharesServer">Whether turns share one θ_O (version 2).</param>
internal sealed class SplitFed(
    ulong seed,
    ModelManager model,
    TensorEncodingOptions encoding,
    RunEvents events,
    SplitRounds rounds,
    SplitTurns nodes,
    ModelAggregator aggregator,
    bool sharesServer) : ITrainingMethod
{
    // "turns": separates this use of the seed from others.
    private const ulong OrderStream = 0x7475726e73;

    /// <summary><c>splitfedv1</c>.</summary>
    public static MethodKind Version1 { get; } = Split.Kind with
    {
        Name = "splitfedv1",
        Help = "split learning with all nodes at once, each with an orchestrator's half of its own; both halves are averaged",
        Create = (parts, sampleCounts) => Create(parts, sampleCounts, sharesServer: false),
        Averages = true,
    };

    /// <summary><c>splitfedv2</c>.</summary>
    public static MethodKind Version2 { get; } = Version1 with
    {
        Name = "splitfedv2",
        Help = "split learning in turns on one orchestrator's half; the nodes' halves are averaged",
        Create = (parts, sampleCounts) => Create(parts, sampleCounts, sharesServer: true),
    };

    /// <inheritdoc/>
    public int RoundsPerEpoch => 1;

    /// <inheritdoc/>
    public StepClock Clock { get; } = new();

    /// <inheritdoc/>
    public async Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken)
    {
        IReadOnlyList<Turn> turns = rounds.TurnsOf(round);
        await nodes.RequireAnyAsync([.. turns.Select(t => t.NodeId)], cancellationToken);
        using var copy = new ModelCopy(model, nodes.Sizes);

        // 1. Every node receives the round's θ_N and trains it together with the orchestrator's half.
        using EncodedHalf first = copy.EncodeFirst(encoding);
        Clock.Lap(StepPart.Codec);
        IReadOnlyList<LocalUpdate> updates = sharesServer
            ? await TakeInTurnAsync(InDrawnOrder(turns, round), first, copy, cancellationToken)
            : await nodes.TakeAllAsync(turns, first, copy, Clock, cancellationToken);
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        Clock.LapVisits();

        // 2. The aggregate becomes θ_N, independent of the order of completion, and θ_O where each turn had its own
        // copy.
        aggregator.Aggregate(model, updates);
        if (sharesServer)
        {
            copy.WriteRest(model);
        }

        events.Publish(new AggregationCompleted(round, RoundsPerEpoch, [.. updates.Select(u => u.NodeId)], updates.Sum(u => u.Rows)));
        Clock.Lap(StepPart.OrchestratorCompute);
        RoundOutcome outcome = SplitRounds.OutcomeOf(turns, updates);
        foreach (LocalUpdate update in updates)
        {
            update.Dispose();
        }

        return outcome;
    }

    /// <summary>Runs the turns one after another, each on the θ_O left by the previous one.</summary>
    /// <returns>Updates by ascending node id.</returns>
    private async Task<IReadOnlyList<LocalUpdate>> TakeInTurnAsync(
        IEnumerable<Turn> turns, EncodedHalf first, ModelCopy copy, CancellationToken cancellationToken)
    {
        var updates = new List<LocalUpdate>();
        foreach (Turn turn in turns)
        {
            if (await nodes.TakeAsync(turn, first, copy, Clock, cancellationToken) is { } update)
            {
                copy.TakeRest(update);
                updates.Add(update);
            }

            await NodeTaskRunner.LeaveReceivingLoopAsync();
            Clock.LapVisits();
        }

        return [.. updates.OrderBy(u => u.NodeId)];
    }

    private Turn[] InDrawnOrder(IReadOnlyList<Turn> turns, Round round)
    {
        Turn[] order = [.. turns];
        SeededRandom.ForStream(seed, OrderStream, (ulong)round.Epoch, (ulong)round.Index).Shuffle<Turn>(order);
        return order;
    }

    private static SplitFed Create(MethodParts parts, IReadOnlyList<int> sampleCounts, bool sharesServer) => new(
        parts.Options.Seed,
        parts.Model,
        parts.Encoding,
        parts.Events,
        SplitRounds.Of(parts, sampleCounts),
        SplitTurns.Of(parts),
        ModelAggregator.Create(parts.Options.Federation!.Aggregator!),
        sharesServer);
}
