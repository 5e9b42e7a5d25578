namespace TraversalLearning.Orchestration.Options;

/// <summary>The order in which the nodes of a batch are visited. It does not affect the result.</summary>
internal enum TraversalOrder
{
    /// <summary>Concurrently.</summary>
    Parallel,

    /// <summary>One at a time, in plan order.</summary>
    Sequential,
}
