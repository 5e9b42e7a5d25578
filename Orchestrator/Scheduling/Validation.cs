namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>How the model does on the samples that nodes keep out of training.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose class is right.</param>
/// <param name="Rows">At least one.</param>
internal readonly record struct Validation(double LossSum, long Hits, long Rows)
{
    /// <summary>Mean loss.</summary>
    public double Loss => LossSum / Rows;

    /// <summary>Share of rows whose class is right.</summary>
    public double Accuracy => (double)Hits / Rows;
}
