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
/// SplitFed (Thapa et al. 2022): every selected node trains θ_N of the round's start in a turn with the orchestrator, and θ_N becomes the mean of
/// what they made of it. In version 1 each turn has a copy of θ_O, too, which are averaged likewise, so that turns are taken at once; in version 2
/// there is one θ_O, which the turns train one after the other, in an order that is drawn anew for every round. An epoch is one round.
/// </summary>
/// <param name="seed">Of the run.</param>
/// <param name="model">θ of both halves.</param>
/// <param name="encoding">How the nodes' half is sent.</param>
/// <param name="events">Told of aggregations.</param>
/// <param name="rounds">Whose turns a round has.</param>
/// <param name="nodes">Takes turns with them.</param>
/// <param name="aggregator">How θ_N becomes one, and in version 1 θ_O.</param>
/// <param name="sharesServer">Whether it is version 2.</param>
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
    // "turns": keeps this use of the seed apart from others.
    private const ulong OrderStream = 0x7475726e73;

    /// <summary><c>splitfedv1</c>.</summary>
    public static MethodKind Version1 { get; } = Split.Kind with
    {
        Name = "splitfedv1",
        Help = "split learning with all nodes at once, each with an orchestrator's half of its own; both halves are averaged",
        Create = (session, sampleCounts) => Create(session, sampleCounts, sharesServer: false),
        Averages = true,
    };

    /// <summary><c>splitfedv2</c>.</summary>
    public static MethodKind Version2 { get; } = Version1 with
    {
        Name = "splitfedv2",
        Help = "split learning in turns on one orchestrator's half; the nodes' halves are averaged",
        Create = (session, sampleCounts) => Create(session, sampleCounts, sharesServer: true),
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

        // 1. Every node gets the round's θ_N and trains it, with the orchestrator's half.
        using EncodedHalf first = copy.EncodeFirst(encoding);
        Clock.Lap(StepPart.Codec);
        IReadOnlyList<LocalUpdate> updates = sharesServer
            ? await TakeInTurnAsync(InDrawnOrder(turns, round), first, copy, cancellationToken)
            : await nodes.TakeAllAsync(turns, first, copy, Clock, cancellationToken);
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        Clock.LapVisits();

        // 2. What they made of it becomes θ_N, whoever was first; and θ_O, where each has had its own.
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

    /// <summary>One turn after the other, each on the θ_O that the one before has left.</summary>
    /// <returns>By node id.</returns>
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

    private static SplitFed Create(TrainingSession session, IReadOnlyList<int> sampleCounts, bool sharesServer) => new(
        session.Options.Seed,
        session.Model,
        session.Encoding,
        session.Events,
        SplitRounds.Of(session, sampleCounts),
        SplitTurns.Of(session),
        ModelAggregator.Create(session.Options.Federation!.Aggregator!),
        sharesServer);
}
