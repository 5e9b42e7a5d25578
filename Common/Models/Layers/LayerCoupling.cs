namespace TraversalLearning.Models.Layers;

/// <summary>In training mode, the dependence of a row's output on anything besides that row and the parameters.</summary>
public enum LayerCoupling
{
    /// <summary>None: the rows of a batch can be computed separately, in any number of parts, with the same result.</summary>
    None,

    /// <summary>The other rows of the computation (batch-norm): only the whole batch at once gives the pooled result.</summary>
    Rows,

    /// <summary>Random numbers (dropout): recomputing a row, or computing it elsewhere, draws different ones.</summary>
    Random,
}
