using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Metrics of a model on a data set (<c>Training/Scoring</c>). Metrics that do not apply to its loss are
/// <see langword="null"/>.
/// </summary>
/// <param name="Loss">Mean loss.</param>
/// <param name="Accuracy">Share of samples whose largest logit is the label's.</param>
/// <param name="MacroF1">Mean F1 over all classes; <see langword="null"/> in older checkpoints.</param>
/// <param name="Auc">Area under the ROC curve, for more than two classes the mean of each against the rest;
/// <see langword="null"/> where undefined.</param>
internal readonly record struct Evaluation(double Loss, double? Accuracy, double? MacroF1 = null, double? Auc = null)
{
    /// <summary>Root of the mean squared error, in the unit of the labels.</summary>
    public double? Rmse { get; init; }

    /// <summary>Mean absolute error, in the unit of the labels.</summary>
    public double? Mae { get; init; }

    /// <summary>
    /// Coefficient of determination, the explained share of the labels' variance; <see langword="null"/> where
    /// undefined.
    /// </summary>
    public double? R2 { get; init; }

    /// <summary>Number of samples with a non-finite prediction; none of them counts as correct.</summary>
    [JsonIgnore]
    public int NonFiniteRows { get; init; }

    /// <summary>The metrics on one line, without the loss.</summary>
    public string Summary => Rmse is null
        ? $"accuracy {Text(Accuracy)}, macro-F1 {Text(MacroF1)}, AUC {Text(Auc)}"
        : string.Create(CultureInfo.InvariantCulture, $"RMSE {Rmse:G5}, MAE {Mae:G5}, R² {Text(R2)}");

    /// <summary>The headline metric, as in the last line of a run's output.</summary>
    public string Headline => Rmse is null
        ? string.Create(CultureInfo.InvariantCulture, $"accuracy={Accuracy:0.0000}")
        : string.Create(CultureInfo.InvariantCulture, $"rmse={Rmse:G5} mae={Mae:G5} r2={Text(R2)}");

    /// <summary>Formats a metric: four digits, or <c>n/a</c> where undefined.</summary>
    public static string Text(double? metric) => metric is { } value ? $"{value:0.0000}" : "n/a";
}
