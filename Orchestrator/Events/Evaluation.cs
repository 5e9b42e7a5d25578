using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>How a model does on a data set (<c>Training/Scoring</c>). What does not apply to its loss is <see langword="null"/>.</summary>
/// <param name="Loss">Mean loss.</param>
/// <param name="Accuracy">Share of samples whose largest logit is the label's.</param>
/// <param name="MacroF1">Mean F1 over all classes; <see langword="null"/> in a checkpoint that does not have it.</param>
/// <param name="Auc">Area under the ROC curve, of more than two classes the mean of each against the rest; <see langword="null"/> where not defined.</param>
internal readonly record struct Evaluation(double Loss, double? Accuracy, double? MacroF1 = null, double? Auc = null)
{
    /// <summary>Root of the mean squared error, in the unit of the labels.</summary>
    public double? Rmse { get; init; }

    /// <summary>Mean absolute error, in the unit of the labels.</summary>
    public double? Mae { get; init; }

    /// <summary>Share of the labels' variance that is explained; <see langword="null"/> where not defined.</summary>
    public double? R2 { get; init; }

    /// <summary>Samples of which the model says something that is no number; none of them counts as right.</summary>
    [JsonIgnore]
    public int NonFiniteRows { get; init; }

    /// <summary>The metrics in a line, beside the loss.</summary>
    public string Summary => Rmse is null
        ? $"accuracy {Text(Accuracy)}, macro-F1 {Text(MacroF1)}, AUC {Text(Auc)}"
        : string.Create(CultureInfo.InvariantCulture, $"RMSE {Rmse:G5}, MAE {Mae:G5}, R² {Text(R2)}");

    /// <summary>The metric that a run is named by, as its last line has it.</summary>
    public string Headline => Rmse is null
        ? string.Create(CultureInfo.InvariantCulture, $"accuracy={Accuracy:0.0000}")
        : string.Create(CultureInfo.InvariantCulture, $"rmse={Rmse:G5} mae={Mae:G5} r2={Text(R2)}");

    /// <summary>A metric for people: four digits, or <c>n/a</c> where it is not defined.</summary>
    public static string Text(double? metric) => metric is { } value ? $"{value:0.0000}" : "n/a";
}
