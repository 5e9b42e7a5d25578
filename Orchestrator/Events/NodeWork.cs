namespace TraversalLearning.Orchestration.Events;

/// <summary>A node's contribution to a step, reported when its reply has arrived.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Kind">The kind of work.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Begun">Time of the request, on the step's clock.</param>
/// <param name="ComputeMicroseconds">Compute time as reported by the node.</param>
internal readonly record struct NodeWork(int NodeId, WorkKind Kind, long Rows, long Begun, int ComputeMicroseconds);

/// <summary>Kinds of a node's work in a step.</summary>
internal enum WorkKind
{
    /// <summary>Forward pass of a visit.</summary>
    Forward,

    /// <summary>Loss of a visit, with a relay.</summary>
    Loss,

    /// <summary>Backward pass of a visit: first-layer gradients.</summary>
    Backward,

    /// <summary>Local training.</summary>
    Training,

    /// <summary>A turn of split learning, alternating with the orchestrator.</summary>
    Turn,
}
