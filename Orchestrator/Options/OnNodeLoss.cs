namespace TraversalLearning.Orchestration.Options;

/// <summary>How the loss of a node is handled.</summary>
internal enum OnNodeLoss
{
    /// <summary>Wait for the node to reconnect; on timeout, end with a checkpoint.</summary>
    Wait,

    /// <summary>End with a checkpoint at once.</summary>
    Abort,

    /// <summary>Continue without the node's samples until it reconnects. This changes the result.</summary>
    Skip,
}
