namespace TraversalLearning.Orchestration.Training;

/// <summary>How a model does on a data set.</summary>
/// <param name="Loss">Mean cross-entropy.</param>
/// <param name="Accuracy">Share of samples whose largest logit is the label's.</param>
internal readonly record struct Evaluation(double Loss, double Accuracy);
