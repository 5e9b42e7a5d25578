namespace TraversalLearning.Orchestration.Events;

/// <summary>What is said of a round.</summary>
/// <param name="LossSum">Sum of the training loss over the rows.</param>
/// <param name="Hits">Rows that were classified rightly while they were trained on.</param>
/// <param name="Rows">Rows trained on, once for each time.</param>
/// <param name="SkippedRows">Rows that were planned and left out, with nodes that were lost.</param>
/// <param name="Visits">Nodes that were asked.</param>
internal readonly record struct RoundOutcome(double LossSum, long Hits, long Rows, long SkippedRows, int Visits)
{
    /// <summary>Mean loss of a row; <see langword="null"/> if there was none.</summary>
    public double? MeanLoss => Rows == 0 ? null : LossSum / Rows;
}
