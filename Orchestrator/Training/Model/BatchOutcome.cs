namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>The losses of a batch's visits, summed in plan order.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="Rows">Number of rows.</param>
internal readonly record struct BatchOutcome(double LossSum, int Hits, int Rows);
