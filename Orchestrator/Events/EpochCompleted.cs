using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>An epoch is over, and its model evaluated. Its checkpoint is about to be written.</summary>
/// <param name="Progress">At its end; training loss and rows are its sums.</param>
/// <param name="Evaluation">Of the test set; <see langword="null"/> if there is none.</param>
/// <param name="Meters">Seconds and bytes, of the epoch and of the run.</param>
/// <param name="Validation">Of the samples that nodes keep out of training; <see langword="null"/> if there are none.</param>
internal sealed record EpochCompleted(
    [property: JsonIgnore] TrainingProgress Progress,
    [property: JsonIgnore] Evaluation? Evaluation,
    [property: JsonIgnore] RunMeters Meters,
    [property: JsonIgnore] Validation? Validation = null) : RunEvent
{
    /// <summary>Reads its line, which has the figures below and nothing else.</summary>
    [JsonConstructor]
    private EpochCompleted()
        : this(TrainingProgress.Start, Evaluation: null, RunMeters.Zero)
    {
    }

    /// <summary>What the model is judged by: the test set, or where there is none what nodes keep out.</summary>
    [JsonIgnore]
    public (double? Accuracy, double? Loss) Judged =>
        Evaluation is { } test ? (test.Accuracy, test.Loss) : (Validation?.Accuracy, Validation?.Loss);

    /// <summary>The epoch's.</summary>
    [JsonIgnore]
    public double LearningRate { get; init; }

    /// <summary>From 1.</summary>
    public int Epoch { get; init; } = Progress.Epoch;

    /// <summary>Rounds since the run began.</summary>
    public int Steps { get; init; } = Progress.Steps;

    /// <summary>Rows trained on.</summary>
    public long Rows { get; init; } = Progress.Rows;

    /// <summary>Rows left out.</summary>
    public long SkippedRows { get; init; } = Progress.SkippedRows;

    /// <summary>Mean over the rows.</summary>
    public double? TrainLoss { get; init; } = Progress.MeanLoss;

    /// <summary>Of <see cref="Evaluation"/>, as the next three.</summary>
    public double? TestLoss { get; init; } = Evaluation?.Loss;

    public double? TestAccuracy { get; init; } = Evaluation?.Accuracy;

    public double? TestMacroF1 { get; init; } = Evaluation?.MacroF1;

    public double? TestAuc { get; init; } = Evaluation?.Auc;

    /// <summary>Of <see cref="Validation"/>, as the next one.</summary>
    public double? ValidationLoss { get; init; } = Validation?.Loss;

    public double? ValidationAccuracy { get; init; } = Validation?.Accuracy;

    /// <summary>Of <see cref="Meters"/>, as the next three.</summary>
    public double EpochSeconds { get; init; } = Math.Round(Meters.EpochSeconds, 6);

    public double Seconds { get; init; } = Math.Round(Meters.Seconds, 6);

    public long SentBytes { get; init; } = Meters.SentBytes;

    public long ReceivedBytes { get; init; } = Meters.ReceivedBytes;
}
