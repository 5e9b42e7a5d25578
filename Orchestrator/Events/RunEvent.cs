using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// An event of a run. Types registered here are written to <c>events.jsonl</c>; a plain instance of the base type was
/// written by another version.
/// </summary>
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
    /// <summary>Time in UTC; set on publication.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-4)]
    [JsonConverter(typeof(UtcTimeConverter))]
    public DateTimeOffset Time { get; internal set; }
}

/// <summary>An event of one round.</summary>
/// <param name="Round">The round.</param>
/// <param name="RoundsPerEpoch">Number of rounds per epoch.</param>
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

/// <summary>A round is complete and θ updated.</summary>
/// <param name="Round">The round.</param>
/// <param name="RoundsPerEpoch">Number of rounds per epoch.</param>
/// <param name="Outcome">Summary of the round.</param>
internal sealed record RoundCompleted(Round Round, int RoundsPerEpoch, [property: JsonIgnore] RoundOutcome Outcome) : RoundEvent(Round, RoundsPerEpoch)
{
    /// <summary>Deserialises the event; the JSON does not contain the hits.</summary>
    [JsonConstructor]
    private RoundCompleted(int epoch, int index, int roundsPerEpoch, int visits, long rows, long skippedRows, double? trainLoss)
        : this(new Round(epoch, index), roundsPerEpoch, new RoundOutcome((trainLoss ?? double.NaN) * rows, Hits: -1, rows, skippedRows, visits))
    {
    }

    /// <summary>Progress of the run after the round.</summary>
    [JsonIgnore]
    public TrainingProgress Progress { get; init; } = TrainingProgress.Start;

    /// <summary>Number of nodes asked.</summary>
    [JsonPropertyName("nodes")]
    public int Visits => Outcome.Visits;

    /// <summary>Rows trained on.</summary>
    public long Rows => Outcome.Rows;

    /// <summary>Rows left out.</summary>
    public long SkippedRows => Outcome.SkippedRows;

    /// <summary>Mean loss per row; <see langword="null"/> without rows.</summary>
    public double? TrainLoss => Outcome.MeanLoss;
}

/// <summary>The nodes' models have been aggregated; the round continues.</summary>
/// <param name="Round">The round.</param>
/// <param name="RoundsPerEpoch">Number of rounds per epoch.</param>
/// <param name="Nodes">The contributing nodes, in the order of summation.</param>
/// <param name="Rows">Rows that all of them trained on, counted once per pass.</param>
internal sealed record AggregationCompleted(Round Round, int RoundsPerEpoch, IReadOnlyList<int> Nodes, long Rows) : RoundEvent(Round, RoundsPerEpoch)
{
    [JsonConstructor]
    private AggregationCompleted(int epoch, int index, int roundsPerEpoch, IReadOnlyList<int> nodes, long rows)
        : this(new Round(epoch, index), roundsPerEpoch, nodes, rows)
    {
    }
}

/// <summary>A node was admitted, for the first time or after a reconnect.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Peer">Its address and port.</param>
/// <param name="SampleCount">Number of samples that it reports.</param>
internal sealed record NodeJoined(
    [property: JsonPropertyName("node")] int NodeId, string Peer, [property: JsonPropertyName("samples")] long SampleCount) : RunEvent;

/// <summary>A node's connection ended while the run needs it. The node may reconnect.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Reason">Description of the cause.</param>
internal sealed record NodeLost([property: JsonPropertyName("node")] int NodeId, string Reason) : RunEvent;

/// <summary>
/// A node is much slower than the others for the same number of rows. Published once, until the node has recovered.
/// </summary>
/// <param name="NodeId">From 1.</param>
/// <param name="ComputeMilliseconds">Recent time per row, times the rows of its last visit.</param>
/// <param name="MedianMilliseconds">The same for the median node.</param>
internal sealed record NodeSlow([property: JsonPropertyName("node")] int NodeId, double ComputeMilliseconds, double MedianMilliseconds) : RunEvent
{
    /// <summary>Recent time per row, times the rows of its last visit; rounded to microseconds.</summary>
    [JsonPropertyName("compute_ms")]
    public double ComputeMilliseconds { get; } = Math.Round(ComputeMilliseconds, 3);

    /// <summary>The same for the median node; rounded to microseconds.</summary>
    [JsonPropertyName("median_ms")]
    public double MedianMilliseconds { get; } = Math.Round(MedianMilliseconds, 3);
}

/// <summary>A likely mistake in the data, which is used as it is.</summary>
/// <param name="Text">Description.</param>
internal sealed record DataDoubted(string Text) : RunEvent;

/// <summary>A run starts or resumes.</summary>
/// <param name="Algorithm">Its training method.</param>
/// <param name="Epochs">Total number of epochs.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Step">Rounds completed earlier: those of the checkpoint that it resumes from.</param>
internal sealed record RunStarted(string Algorithm, int Epochs, int Nodes, int Step) : RunEvent;

/// <summary>A checkpoint has been written to disk.</summary>
/// <param name="Step">Rounds completed by the run.</param>
/// <param name="Path">Its folder.</param>
internal sealed record CheckpointSaved(int Step, [property: JsonIgnore] string Path) : RunEvent;

/// <summary>A run has completed, and its results are written.</summary>
/// <param name="StoppedBy">The rule that stopped it; <see langword="null"/> if it completed all epochs.</param>
/// <param name="Steps">Total number of rounds.</param>
/// <param name="Hash">SHA-256 over all parameter bytes.</param>
internal sealed record RunCompleted(string? StoppedBy, int Steps, [property: JsonPropertyName("params_sha256")] string? Hash) : RunEvent;

/// <summary>A run has failed or was cancelled.</summary>
/// <param name="Reason">Description of the cause.</param>
internal sealed record RunFailed(string Reason) : RunEvent;
