
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
/// <param name="Evaluation">Of the test set; <see langword="null"/> if there is none.</param>
/// <param name="Meters">Seconds and bytes, of the epoch and of the run.</param>
internal sealed record EpochCompleted(TrainingProgress Progress, Evaluation? Evaluation, RunMeters Meters) : RunEvent
{
    /// <summary>Of the samples that nodes keep out of training; <see langword="null"/> if there are none.</summary>
    public Validation? Validation { get; init; }

    /// <summary>What the model is judged by: the test set, or where there is none what nodes keep out.</summary>
    public (double? Accuracy, double? Loss) Judged =>
        Evaluation is { } test ? (test.Accuracy, test.Loss) : (Validation?.Accuracy, Validation?.Loss);

    /// <summary>The epoch's.</summary>
    public double LearningRate { get; init; }
}

/// <summary>A node was admitted, for the first time or again.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Peer">Its address and port.</param>
/// <param name="SampleCount">How many samples it says that it holds.</param>
internal sealed record NodeJoined(int NodeId, string Peer, long SampleCount) : RunEvent;

/// <summary>A node's connection has ended while the run needs it. It may come back.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record NodeLost(int NodeId, string Reason) : RunEvent;

/// <summary>A node takes much longer than the others for the same number of rows. Said once, until it is as fast as they are again.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="ComputeMilliseconds">What it took lately for a row, times the rows of its last visit.</param>
/// <param name="MedianMilliseconds">What the median node would have.</param>
internal sealed record NodeSlow(int NodeId, double ComputeMilliseconds, double MedianMilliseconds) : RunEvent;

/// <summary>Something in the data looks like a mistake, and is trained on as it is.</summary>
/// <param name="Text">What, in words.</param>
internal sealed record DataDoubted(string Text) : RunEvent;

/// <summary>A run begins, or goes on.</summary>
/// <param name="Algorithm">How it is trained.</param>
/// <param name="Epochs">That it is to have.</param>
/// <param name="Nodes">That take part.</param>
/// <param name="Step">Rounds that it has done before: those of the checkpoint that it goes on from.</param>
internal sealed record RunStarted(string Algorithm, int Epochs, int Nodes, int Step) : RunEvent;

/// <summary>A checkpoint is on disk.</summary>
/// <param name="Step">Rounds that the run had done.</param>
/// <param name="Path">Its folder.</param>
internal sealed record CheckpointSaved(int Step, string Path) : RunEvent;

/// <summary>A run has ended well, and its results are written.</summary>
/// <param name="StoppedBy">The rule that ended it; <see langword="null"/> if it went through all of its epochs.</param>
/// <param name="Steps">Rounds of it all.</param>
/// <param name="Hash">SHA-256 over all parameter bytes.</param>
internal sealed record RunCompleted(string? StoppedBy, int Steps, string Hash) : RunEvent;

/// <summary>A run has ended otherwise.</summary>
/// <param name="Reason">Why, in words.</param>
internal sealed record RunFailed(string Reason) : RunEvent;
