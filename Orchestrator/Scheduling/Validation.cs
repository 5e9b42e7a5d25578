namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>How the model does on the samples that nodes keep out of training.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose class is right.</param>
/// <param name="Rows">At least one.</param>
internal readonly record struct Validation(double LossSum, long Hits, long Rows)
{
    /// <summary>The first node whose loss is NaN or infinite; 0 if none is.</summary>
    public int NonFiniteNode { get; init; }

    /// <summary>Mean loss.</summary>
    public double Loss => LossSum / Rows;

    /// <summary>Share of rows whose class is right.</summary>
    public double Accuracy => (double)Hits / Rows;

    /// <summary>With the rows of one more node.</summary>
    public Validation With(int nodeId, double lossSum, long hits, long rows) => new(LossSum + lossSum, Hits + hits, Rows + rows)
    {
        NonFiniteNode = NonFiniteNode == 0 && !double.IsFinite(lossSum) ? nodeId : NonFiniteNode,
    };
}
