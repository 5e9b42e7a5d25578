using System.Text.Json.Serialization;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Progress of a run: everything besides the tensors that determines how it continues.</summary>
internal sealed record TrainingProgress
{
    /// <summary>From 1; one more than the run's epochs after completion.</summary>
    public required int Epoch { get; init; }

    /// <summary>
    /// The next batch of the epoch, from 0; the number of batches when only the epoch's evaluation remains.
    /// </summary>
    public required int NextBatch { get; init; }

    /// <summary>Batches completed since the run began.</summary>
    public required int Steps { get; init; }

    /// <summary>Sum of the loss over the epoch's rows so far.</summary>
    public required double LossSum { get; init; }

    /// <summary>Hits among the epoch's rows so far.</summary>
    public required long Hits { get; init; }

    /// <summary>Rows of the epoch so far.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of the epoch left out because their nodes were lost.</summary>
    public required long SkippedRows { get; init; }

    /// <summary>Rows left out since the run began; above 0, the run is lossy.</summary>
    public required long TotalSkippedRows { get; init; }

    /// <summary>Evaluation of the last completed epoch; <see langword="null"/> without a test set.</summary>
    public required Evaluation? Evaluation { get; init; }

    /// <summary>Validation of the last completed epoch; <see langword="null"/> without held-out samples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Validation? Validation { get; init; }

    /// <summary>
    /// State of early stopping; <see langword="null"/> if it is off, and before the end of the first epoch.
    /// </summary>
    public StoppingState? Stopping { get; init; }

    /// <summary>
    /// The rule of <see cref="StopRules"/> that ends the run; <see langword="null"/> if none has applied. Within an
    /// epoch, that epoch's evaluation is still due.
    /// </summary>
    public string? StoppedBy { get; init; }

    /// <summary>Mean loss per row of the epoch so far; <see langword="null"/> without rows.</summary>
    [JsonIgnore]
    public double? MeanLoss => Rows == 0 ? null : LossSum / Rows;

    /// <summary>Whether a rule has ended the run and nothing is left to do.</summary>
    [JsonIgnore]
    public bool IsStopped => StoppedBy is not null && NextBatch == 0;

    /// <summary>The progress before the first batch.</summary>
    public static TrainingProgress Start { get; } = new()
    {
        Epoch = 1,
        NextBatch = 0,
        Steps = 0,
        LossSum = 0,
        Hits = 0,
        Rows = 0,
        SkippedRows = 0,
        TotalSkippedRows = 0,
        Evaluation = null,
    };

    /// <summary>The progress after one more round.</summary>
    public TrainingProgress After(RoundOutcome outcome) => this with
    {
        NextBatch = NextBatch + 1,
        Steps = Steps + 1,
        LossSum = LossSum + outcome.LossSum,
        Hits = Hits + outcome.Hits,
        Rows = Rows + outcome.Rows,
        SkippedRows = SkippedRows + outcome.SkippedRows,
        TotalSkippedRows = TotalSkippedRows + outcome.SkippedRows,
    };

    /// <summary>The progress at the start of the next epoch.</summary>
    public TrainingProgress NextEpoch(Evaluation? evaluation, Validation? validation) => Start with
    {
        Epoch = Epoch + 1,
        Steps = Steps,
        TotalSkippedRows = TotalSkippedRows,
        Evaluation = evaluation,
        Validation = validation,
        Stopping = Stopping,
        StoppedBy = StoppedBy,
    };
}
