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

/// <summary>What rounds of split learning share, in whatever way their turns follow from each other: whose turns they are, and what is said of them.</summary>
/// <param name="options">Of the run.</param>
/// <param name="model">Has the learning rate.</param>
/// <param name="selector">Which nodes a round asks.</param>
internal sealed class SplitRounds(RunOptions options, ModelManager model, NodeSelector selector)
{
    /// <summary>Those of a run, with the nodes that its options select.</summary>
    /// <param name="parts">Model, nodes and options of the run.</param>
    /// <param name="sampleCounts">How many samples node 1, 2, … hold.</param>
    public static SplitRounds Of(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        BatchSizes.Require(parts.Options, sampleCounts);
        return new SplitRounds(parts.Options, parts.Model, NodeSelector.Create(parts.Options, sampleCounts));
    }

    /// <summary>What is said of a round.</summary>
    /// <param name="turns">Those that were to be taken.</param>
    /// <param name="updates">What came of them; those that are missing were skipped.</param>
    public static RoundOutcome OutcomeOf(IReadOnlyList<Turn> turns, IReadOnlyList<LocalUpdate> updates) =>
        LocalUpdate.OutcomeOf(updates, turns.Sum(t => t.Rows), turns.Count);

    /// <summary>The turns of a round, by node id.</summary>
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
