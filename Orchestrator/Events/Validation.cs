using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Validation of the model on held-out samples.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows classified correctly.</param>
/// <param name="Rows">At least one.</param>
internal readonly record struct Validation(double LossSum, long Hits, long Rows)
{
    /// <summary>The first node with a NaN or infinite loss; 0 if there is none.</summary>
    public int NonFiniteNode { get; init; }

    /// <summary>Whether labels are classes.</summary>
    public bool HasClasses { get; init; }

    /// <summary>Mean loss.</summary>
    [JsonIgnore]
    public double Loss => LossSum / Rows;

    /// <summary>Share of rows classified correctly; <see langword="null"/> without classes.</summary>
    [JsonIgnore]
    public double? Accuracy => HasClasses ? (double)Hits / Rows : null;

    /// <summary>The headline figures of a run without a test set, as in the last line of its output.</summary>
    [JsonIgnore]
    public string Headline => string.Create(
        CultureInfo.InvariantCulture, $"{(Accuracy is { } accuracy ? $"validation_accuracy={accuracy:0.0000} " : string.Empty)}validation_loss={Loss:0.0000}");

    /// <summary>Adds the rows of one more node.</summary>
    public Validation With(int nodeId, double lossSum, long hits, long rows) => this with
    {
        LossSum = LossSum + lossSum,
        Hits = Hits + hits,
        Rows = Rows + rows,
        NonFiniteNode = NonFiniteNode == 0 && !double.IsFinite(lossSum) ? nodeId : NonFiniteNode,
    };
}
