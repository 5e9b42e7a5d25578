using TraversalLearning.Messages;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A frame of a step, as it passed between the orchestrator and a node.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="ToNode">Whether the node received it; otherwise it sent it.</param>
/// <param name="Type">Message type.</param>
/// <param name="Step">Which step.</param>
/// <param name="Tensors">Those of its tensors that were recorded, in order.</param>
internal sealed record SeenFrame(int NodeId, bool ToNode, MessageType Type, StepId Step, IReadOnlyList<SeenTensor> Tensors)
{
    /// <summary>Rows of the whole batch, where the message says so.</summary>
    public int? BatchRows { get; init; }
}
