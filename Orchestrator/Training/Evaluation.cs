namespace TraversalLearning.Orchestration.Training;

/// <summary>How a model does on a data set (<see cref="Metrics"/>).</summary>
/// <param name="Loss">Mean cross-entropy.</param>
/// <param name="Accuracy">Share of samples whose largest logit is the label's.</param>
/// <param name="MacroF1">Mean F1 over all classes; <see langword="null"/> in a checkpoint that does not have it.</param>
/// <param name="Auc">Area under the ROC curve, of more than two classes the mean of each against the rest; <see langword="null"/> where not defined.</param>
internal readonly record struct Evaluation(double Loss, double Accuracy, double? MacroF1 = null, double? Auc = null)
{
    /// <summary>What scores are worth.</summary>
    public static Evaluation Of(ClassScores scores) => new(
        scores.LossSum / scores.Count,
        Metrics.Accuracy(scores.Predicted, scores.Labels),
        Metrics.MacroF1(scores.Predicted, scores.Labels, scores.Classes),
        Metrics.Auc(scores.Probabilities, scores.Labels, scores.Classes));

    /// <summary>A metric for people: four digits, or <c>n/a</c> where it is not defined.</summary>
    public static string Text(double? metric) => metric is { } value ? $"{value:0.0000}" : "n/a";
}
