namespace TraversalLearning.Orchestration.Options;

/// <summary>What becomes of a run when a node is lost.</summary>
internal enum OnNodeLoss
{
    /// <summary>It waits for the node; if that does not come back in time, it ends with a checkpoint.</summary>
    Wait,

    /// <summary>It ends with a checkpoint, at once.</summary>
    Abort,

    /// <summary>It goes on without the node's samples until the node is back. The result is another one.</summary>
    Skip,
}
