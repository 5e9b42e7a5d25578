using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.SplitLearning;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// Split learning (Gupta and Raskar 2018; Vepakomma et al. 2018, U-shaped: labels stay on the nodes). Nodes take turns
/// training both halves with the orchestrator, each starting from the previous node's result. An epoch is one round, in
/// which every selected node has one turn.
/// </summary>
/// <param name="model">θ of both halves.</param>
/// <param name="encoding">Encoding of the nodes' half.</param>
/// <param name="rounds">Plans the turns of a round.</param>
/// <param name="nodes">Runs the turns.</param>
internal sealed class Split(ModelManager model, TensorEncodingOptions encoding, SplitRounds rounds, SplitTurns nodes) : ITrainingMethod
{
    /// <summary><c>split</c>.</summary>
    public static MethodKind Kind { get; } = new("split", "split learning: nodes train the layers up to --cut in turns, the orchestrator the others", Create)
    {
        Adapt = CutModel.Between,
        Capability = Hello.TurnCapability,
        IsFederated = true,
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
        var updates = new List<LocalUpdate>();
        using var copy = new ModelCopy(model, nodes.Sizes);
        foreach (Turn turn in turns)
        {
            // θ_N goes to the node, and both halves are trained batch by batch.
            using EncodedHalf first = copy.EncodeFirst(encoding);
            Clock.Lap(StepPart.Codec);
            LocalUpdate? update = await nodes.TakeAsync(turn, first, copy, Clock, cancellationToken);
            await NodeTaskRunner.LeaveReceivingLoopAsync();
            Clock.LapVisits();

            // The next node starts from this result; if this node is skipped, from the previous node's.
            if (update is not null)
            {
                copy.TakeAll(update);
                updates.Add(update);
                update.Dispose();
            }
        }

        copy.WriteAll(model);
        Clock.Lap(StepPart.OrchestratorCompute);
        return SplitRounds.OutcomeOf(turns, updates);
    }

    private static Split Create(MethodParts parts, IReadOnlyList<int> sampleCounts) =>
        new(parts.Model, parts.Encoding, SplitRounds.Of(parts, sampleCounts), SplitTurns.Of(parts));
}
