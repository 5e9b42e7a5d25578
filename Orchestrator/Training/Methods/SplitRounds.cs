using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.SplitLearning;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Plans and summarises rounds of split learning, independent of how turns follow each other.</summary>
/// <param name="options">The run's options.</param>
/// <param name="model">Provides the learning rate.</param>
/// <param name="selector">Selects the nodes of a round.</param>
internal sealed class SplitRounds(RunOptions options, ModelManager model, NodeSelector selector)
{
    /// <summary>Creates the planner of a run, with the node selection of its options.</summary>
    /// <param name="parts">Model, nodes and options of the run.</param>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    public static SplitRounds Of(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        BatchSizes.Require(parts.Options, sampleCounts);
        return new SplitRounds(parts.Options, parts.Model, NodeSelector.Create(parts.Options, sampleCounts));
    }

    /// <summary>Summarises a round.</summary>
    /// <param name="turns">The planned turns.</param>
    /// <param name="updates">Their results; missing ones were skipped.</param>
    public static RoundOutcome OutcomeOf(IReadOnlyList<Turn> turns, IReadOnlyList<LocalUpdate> updates) =>
        LocalUpdate.OutcomeOf(updates, turns.Sum(t => t.Rows), turns.Count);

    /// <summary>The turns of a round, by ascending node id.</summary>
    public IReadOnlyList<Turn> TurnsOf(Round round)
    {
        LocalOptimizer optimizer = LocalOptimizers.Write(options.Optimizer, model.LearningRate);
        return [.. selector.Select(round).Select(node => new Turn(
            node,
            new StepId(round.Epoch, round.Index, Attempt: 0),
            Turn.Deal(
                (int)selector.SamplesOf(node),
                options.Federation!.LocalEpochs,
                options.BatchSize,
                options.LastBatch,
                SeededRandom.ForStream(options.Seed, (ulong)round.Epoch, (ulong)round.Index, (ulong)node)),
            optimizer,
            options.Seed))];
    }
}
