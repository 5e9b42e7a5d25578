using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Something that has happened in a run. Those with a name here have a line in <c>events.jsonl</c>; one that is nothing else was written by another version.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(RunStarted), "run_started")]
[JsonDerivedType(typeof(NodeJoined), "node_joined")]
[JsonDerivedType(typeof(NodeLost), "node_lost")]
[JsonDerivedType(typeof(NodeSlow), "node_slow")]
[JsonDerivedType(typeof(DataDoubted), "data_doubted")]
[JsonDerivedType(typeof(AggregationCompleted), "aggregation_completed")]
[JsonDerivedType(typeof(RoundCompleted), "round_completed")]
[JsonDerivedType(typeof(EpochCompleted), "epoch_completed")]
[JsonDerivedType(typeof(CheckpointSaved), "checkpoint_saved")]
[JsonDerivedType(typeof(RunCompleted), "run_completed")]
[JsonDerivedType(typeof(RunFailed), "run_failed")]
internal record RunEvent
{
    /// <summary>When, in UTC; set where it is published.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-4)]
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset Time { get; internal set; }
}

/// <summary>Something of one round.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
internal abstract record RoundEvent(
    [property: JsonIgnore] Round Round,
    [property: JsonPropertyName("rounds"), JsonPropertyOrder(-1)] int RoundsPerEpoch) : RunEvent
{
    /// <summary>From 1.</summary>
    [JsonPropertyOrder(-3)]
    public int Epoch => Round.Epoch;

    /// <summary>From 0 within the epoch.</summary>
    [JsonPropertyName("round")]
    [JsonPropertyOrder(-2)]
    public int Index => Round.Index;
}

/// <summary>A round is over, and θ is updated.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="Outcome">What was done in it.</param>
internal sealed record RoundCompleted(Round Round, int RoundsPerEpoch, [property: JsonIgnore] RoundOutcome Outcome) : RoundEvent(Round, RoundsPerEpoch)
{
    /// <summary>Reads its line, which does not have the hits.</summary>
    [JsonConstructor]
    private RoundCompleted(int epoch, int index, int roundsPerEpoch, int visits, long rows, long skippedRows, double? trainLoss)
        : this(new Round(epoch, index), roundsPerEpoch, new RoundOutcome((trainLoss ?? double.NaN) * rows, Hits: -1, rows, skippedRows, visits))
    {
    }

    /// <summary>Of the run, behind it.</summary>
    [JsonIgnore]
    public TrainingProgress Progress { get; init; } = TrainingProgress.Start;

    /// <summary>Nodes that were asked.</summary>
    [JsonPropertyName("nodes")]
    public int Visits => Outcome.Visits;

    /// <summary>Rows trained on.</summary>
    public long Rows => Outcome.Rows;

    /// <summary>Rows left out.</summary>
    public long SkippedRows => Outcome.SkippedRows;

    /// <summary>Mean over the rows; <see langword="null"/> where there are none.</summary>
    public double? TrainLoss => Outcome.MeanLoss;
}

/// <summary>What nodes made of θ has become one; the round goes on.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="Nodes">Whose models, in the order in which they were summed.</param>
/// <param name="Rows">Rows that all of them trained on, once for each time.</param>
internal sealed record AggregationCompleted(Round Round, int RoundsPerEpoch, IReadOnlyList<int> Nodes, long Rows) : RoundEvent(Round, RoundsPerEpoch)
{
    [JsonConstructor]
    private AggregationCompleted(int epoch, int index, int roundsPerEpoch, IReadOnlyList<int> nodes, long rows)
        : this(new Round(epoch, index), roundsPerEpoch, nodes, rows)
    {
    }
}

/// <summary>A node was admitted, for the first time or again.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Peer">Its address and port.</param>
/// <param name="SampleCount">How many samples it says that it holds.</param>
internal sealed record NodeJoined(
    [property: JsonPropertyName("node")] int NodeId, string Peer, [property: JsonPropertyName("samples")] long SampleCount) : RunEvent;

/// <summary>A node's connection has ended while the run needs it. It may come back.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record NodeLost([property: JsonPropertyName("node")] int NodeId, string Reason) : RunEvent;

/// <summary>A node takes much longer than the others for the same number of rows. Said once, until it is as fast as they are again.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="ComputeMilliseconds">What it took lately for a row, times the rows of its last visit.</param>
/// <param name="MedianMilliseconds">What the median node would have.</param>
internal sealed record NodeSlow([property: JsonPropertyName("node")] int NodeId, double ComputeMilliseconds, double MedianMilliseconds) : RunEvent
{
    /// <summary>What it took lately for a row, times the rows of its last visit; to the microsecond.</summary>
    [JsonPropertyName("compute_ms")]
    public double ComputeMilliseconds { get; } = Math.Round(ComputeMilliseconds, 3);

    /// <summary>What the median node would have; to the microsecond.</summary>
    [JsonPropertyName("median_ms")]
    public double MedianMilliseconds { get; } = Math.Round(MedianMilliseconds, 3);
}

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
internal sealed record CheckpointSaved(int Step, [property: JsonIgnore] string Path) : RunEvent;

/// <summary>A run has ended well, and its results are written.</summary>
/// <param name="StoppedBy">The rule that ended it; <see langword="null"/> if it went through all of its epochs.</param>
/// <param name="Steps">Rounds of it all.</param>
/// <param name="Hash">SHA-256 over all parameter bytes.</param>
internal sealed record RunCompleted(string? StoppedBy, int Steps, [property: JsonPropertyName("params_sha256")] string Hash) : RunEvent;

/// <summary>A run has ended otherwise.</summary>
/// <param name="Reason">Why, in words.</param>
internal sealed record RunFailed(string Reason) : RunEvent;
