namespace TraversalLearning.Models.Layers;

/// <summary>What a row's output of a layer depends on beside that row and the parameters, when the layer is in training mode.</summary>
public enum LayerCoupling
{
    /// <summary>Nothing: the rows of a batch can be computed apart, in any number of parts, with the same result.</summary>
    None,

    /// <summary>The other rows that are computed with it (batch-norm): only the whole batch at once gives the pooled result.</summary>
    Rows,

    /// <summary>Random numbers that are drawn on the way (dropout): who computes a row again, or elsewhere, draws others.</summary>
    Random,
}
