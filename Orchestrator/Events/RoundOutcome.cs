namespace TraversalLearning.Orchestration.Events;

/// <summary>Summary of a round.</summary>
/// <param name="LossSum">Sum of the training loss over the rows.</param>
/// <param name="Hits">Rows classified correctly when trained on.</param>
/// <param name="Rows">Rows trained on, counted once per pass.</param>
/// <param name="SkippedRows">Planned rows that were left out because their nodes were lost.</param>
/// <param name="Visits">Number of nodes asked.</param>
internal readonly record struct RoundOutcome(double LossSum, long Hits, long Rows, long SkippedRows, int Visits)
{
    /// <summary>Mean loss per row; <see langword="null"/> without rows.</summary>
    public double? MeanLoss => Rows == 0 ? null : LossSum / Rows;
}
