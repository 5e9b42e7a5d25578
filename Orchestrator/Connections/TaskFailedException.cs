using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A node answered that it could not do the task.</summary>
internal sealed class TaskFailedException(int nodeId, string code, string text) : Exception($"node {nodeId}: {Printable.Escape(text)}")
{
    /// <summary>One of <see cref="Messages.TaskFailureCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether the task was done, and what came of it is NaN or infinite.</summary>
    public bool IsDivergence { get; init; }

    /// <summary>Which node.</summary>
    public int NodeId { get; } = nodeId;
}
