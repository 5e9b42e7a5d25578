namespace TraversalLearning.Orchestration.Events;

/// <summary>What a node has done for a step, said when its reply is there.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="Kind">What it did.</param>
/// <param name="Rows">On how many rows.</param>
/// <param name="Begun">When it was asked, on the step's clock.</param>
/// <param name="ComputeMicroseconds">How long it says that it computed.</param>
internal readonly record struct NodeWork(int NodeId, WorkKind Kind, long Rows, long Begun, int ComputeMicroseconds);

/// <summary>What a node can do for a step.</summary>
internal enum WorkKind
{
    /// <summary>The forward pass of a visit.</summary>
    Forward,

    /// <summary>With a relay, the loss of a visit.</summary>
    Loss,

    /// <summary>The backward pass of a visit, first-layer gradients.</summary>
    Backward,

    /// <summary>Training on its own samples.</summary>
    Training,

    /// <summary>A turn of split learning, in which it works hand in hand with the orchestrator.</summary>
    Turn,
}
