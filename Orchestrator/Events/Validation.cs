using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>How the model does on the samples that nodes keep out of training.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose class is right.</param>
/// <param name="Rows">At least one.</param>
internal readonly record struct Validation(double LossSum, long Hits, long Rows)
{
    /// <summary>The first node whose loss is NaN or infinite; 0 if none is.</summary>
    public int NonFiniteNode { get; init; }

    /// <summary>Whether rows have a class that can be right.</summary>
    public bool HasClasses { get; init; }

    /// <summary>Mean loss.</summary>
    [JsonIgnore]
    public double Loss => LossSum / Rows;

    /// <summary>Share of rows whose class is right; <see langword="null"/> where they have none.</summary>
    [JsonIgnore]
    public double? Accuracy => HasClasses ? (double)Hits / Rows : null;

    /// <summary>The figures that a run without a test set is named by, as its last line has them.</summary>
    [JsonIgnore]
    public string Headline => string.Create(
        CultureInfo.InvariantCulture, $"{(Accuracy is { } accuracy ? $"validation_accuracy={accuracy:0.0000} " : string.Empty)}validation_loss={Loss:0.0000}");

    /// <summary>With the rows of one more node.</summary>
    public Validation With(int nodeId, double lossSum, long hits, long rows) => this with
    {
        LossSum = LossSum + lossSum,
        Hits = Hits + hits,
        Rows = Rows + rows,
        NonFiniteNode = NonFiniteNode == 0 && !double.IsFinite(lossSum) ? nodeId : NonFiniteNode,
    };
}
