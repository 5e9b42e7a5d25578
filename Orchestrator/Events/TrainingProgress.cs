using System.Text.Json.Serialization;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Events;

/// <summary>How far a run has come: everything but the tensors that decides how it goes on.</summary>
internal sealed record TrainingProgress
{
    /// <summary>From 1; one more than the run's epochs when it is complete.</summary>
    public required int Epoch { get; init; }

    /// <summary>The batch of the epoch that comes next, from 0; their number when only the epoch's evaluation is left.</summary>
    public required int NextBatch { get; init; }

    /// <summary>Batches gone through since the run began.</summary>
    public required int Steps { get; init; }

    /// <summary>Sum of the loss over the epoch's rows so far.</summary>
    public required double LossSum { get; init; }

    /// <summary>Hits among the epoch's rows so far.</summary>
    public required long Hits { get; init; }

    /// <summary>Rows of the epoch so far.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of the epoch that were left out, their nodes being lost.</summary>
    public required long SkippedRows { get; init; }

    /// <summary>Rows left out since the run began; above 0, the run is lossy.</summary>
    public required long TotalSkippedRows { get; init; }

    /// <summary>That of the last complete epoch; <see langword="null"/> if there is no test set.</summary>
    public required Evaluation? Evaluation { get; init; }

    /// <summary>That of the last complete epoch; <see langword="null"/> if nothing is kept out for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Validation? Validation { get; init; }

    /// <summary>What early stopping has seen; <see langword="null"/> without it, and before the first epoch's end.</summary>
    public StoppingState? Stopping { get; init; }

    /// <summary>The rule of <see cref="StopRules"/> that ends the run; <see langword="null"/> if none has yet. Within an epoch, its evaluation is still to come.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>Mean loss of a row of the epoch so far; <see langword="null"/> if there was none.</summary>
    [JsonIgnore]
    public double? MeanLoss => Rows == 0 ? null : LossSum / Rows;

    /// <summary>Whether a rule has ended the run, and nothing is left to do.</summary>
    [JsonIgnore]
    public bool IsStopped => StoppedBy is not null && NextBatch == 0;

    /// <summary>Before the first batch.</summary>
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

    /// <summary>After one more round.</summary>
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

    /// <summary>At the beginning of the next epoch.</summary>
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
