using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Something that has happened in a run.</summary>
internal abstract record RunEvent
{
    /// <summary>When, in UTC.</summary>
    public DateTimeOffset Time { get; init; }
}

/// <summary>Something of one round.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
internal abstract record RoundEvent(Round Round, int RoundsPerEpoch) : RunEvent;

/// <summary>A round is over, and θ is updated.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="Outcome">What was done in it.</param>
internal sealed record RoundCompleted(Round Round, int RoundsPerEpoch, RoundOutcome Outcome) : RoundEvent(Round, RoundsPerEpoch);

/// <summary>What nodes made of θ has become one; the round goes on.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="Nodes">Whose models, in the order in which they were summed.</param>
/// <param name="Rows">Rows that all of them trained on, once for each time.</param>
internal sealed record AggregationCompleted(Round Round, int RoundsPerEpoch, IReadOnlyList<int> Nodes, long Rows) : RoundEvent(Round, RoundsPerEpoch);

/// <summary>An epoch is over, and its model evaluated. What it leaves (metrics, a checkpoint) is about to be written.</summary>
/// <param name="Progress">At its end; training loss and rows are its sums.</param>
/// <param name="Evaluation">Of the test set.</param>
/// <param name="Meters">Seconds and bytes, of the epoch and of the run.</param>
internal sealed record EpochCompleted(TrainingProgress Progress, Evaluation Evaluation, RunMeters Meters) : RunEvent;

/// <summary>A node was admitted, for the first time or again.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Peer">Its address and port.</param>
/// <param name="SampleCount">How many samples it says that it holds.</param>
internal sealed record NodeJoined(int NodeId, string Peer, long SampleCount) : RunEvent;

/// <summary>A node's connection has ended while the run needs it. It may come back.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record NodeLost(int NodeId, string Reason) : RunEvent;
