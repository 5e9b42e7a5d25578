using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Orchestration.SplitLearning;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Methods;

/// <summary>What rounds of split learning share, in whatever way their turns follow from each other: whose turns they are, and what is said of them.</summary>
/// <param name="orchestrator">Model and options of the run.</param>
/// <param name="selector">Which nodes a round asks.</param>
internal sealed class SplitRounds(Training.Orchestrator orchestrator, NodeSelector selector)
{
    private readonly RunOptions _options = orchestrator.Options;

    /// <summary>Those of a run, with the nodes that its options select.</summary>
    /// <param name="orchestrator">Model, nodes and options of the run.</param>
    /// <param name="sampleCounts">How many samples node 1, 2, … hold.</param>
    public static SplitRounds Of(Training.Orchestrator orchestrator, IReadOnlyList<int> sampleCounts)
    {
        BatchSizes.Require(orchestrator.Options, sampleCounts);
        return new SplitRounds(orchestrator, NodeSelector.Create(orchestrator.Options, sampleCounts));
    }

    /// <summary>What is said of a round.</summary>
    /// <param name="turns">Those that were to be taken.</param>
    /// <param name="updates">What came of them; those that are missing were skipped.</param>
    public static RoundOutcome OutcomeOf(IReadOnlyList<Turn> turns, IReadOnlyList<LocalUpdate> updates) =>
        RoundOutcome.Of(updates, turns.Sum(t => t.Rows), turns.Count);

    /// <summary>The turns of a round, by node id.</summary>
    public IReadOnlyList<Turn> TurnsOf(Round round)
    {
        LocalOptimizer optimizer = LocalOptimizers.Write(_options.Optimizer, orchestrator.Model.LearningRate);
        return [.. selector.Select(round).Select(node => new Turn(
            node,
            new StepId(round.Epoch, round.Index, Attempt: 0),
            Turn.Deal(
                (int)selector.SamplesOf(node),
                _options.Federation!.LocalEpochs,
                _options.BatchSize,
                _options.LastBatch,
                SeededRandom.ForStream(_options.Seed, (ulong)round.Epoch, (ulong)round.Index, (ulong)node)),
            optimizer,
            _options.Seed))];
    }
}
