namespace TraversalLearning.Orchestration.Options;

/// <summary>In which order the nodes of a batch are visited. The result is the same.</summary>
internal enum TraversalOrder
{
    /// <summary>Many at once.</summary>
    Parallel,

    /// <summary>One after the other, in plan order.</summary>
    Sequential,
}
