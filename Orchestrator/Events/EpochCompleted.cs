using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>An epoch is complete and its model evaluated; its checkpoint has not been written yet.</summary>
/// <param name="Progress">Progress at its end; training loss and rows are the epoch's sums.</param>
/// <param name="Evaluation">On the test set; <see langword="null"/> if there is none.</param>
/// <param name="Meters">Seconds and bytes of the epoch and the run.</param>
/// <param name="Validation">On the held-out samples; <see langword="null"/> if there are none.</param>
internal sealed record EpochCompleted(
    [property: JsonIgnore] TrainingProgress Progress,
    [property: JsonIgnore] Evaluation? Evaluation,
    [property: JsonIgnore] RunMeters Meters,
    [property: JsonIgnore] Validation? Validation = null) : RunEvent
{
    /// <summary>Deserialises the event; the JSON contains only the figures below.</summary>
    [JsonConstructor]
    private EpochCompleted()
        : this(TrainingProgress.Start, Evaluation: null, RunMeters.Zero)
    {
    }

    /// <summary>
    /// The loss by which the model is judged: on the test set, or on the held-out samples without one.
    /// </summary>
    [JsonIgnore]
    public (double? Accuracy, double? Loss) Judged =>
        Evaluation is { } test ? (test.Accuracy, test.Loss) : (Validation?.Accuracy, Validation?.Loss);

    /// <summary>The learning rate of the epoch.</summary>
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

    /// <summary>Mean training loss per row.</summary>
    public double? TrainLoss { get; init; } = Progress.MeanLoss;

    /// <summary>From <see cref="Evaluation"/>, like the next three.</summary>
    public double? TestLoss { get; init; } = Evaluation?.Loss;

    public double? TestAccuracy { get; init; } = Evaluation?.Accuracy;

    public double? TestMacroF1 { get; init; } = Evaluation?.MacroF1;

    public double? TestAuc { get; init; } = Evaluation?.Auc;

    /// <summary>From <see cref="Validation"/>, like the next one.</summary>
    public double? ValidationLoss { get; init; } = Validation?.Loss;

    public double? ValidationAccuracy { get; init; } = Validation?.Accuracy;

    /// <summary>From <see cref="Meters"/>, like the next three.</summary>
    public double EpochSeconds { get; init; } = Math.Round(Meters.EpochSeconds, 6);

    public double Seconds { get; init; } = Math.Round(Meters.Seconds, 6);

    public long SentBytes { get; init; } = Meters.SentBytes;

    public long ReceivedBytes { get; init; } = Meters.ReceivedBytes;
}
