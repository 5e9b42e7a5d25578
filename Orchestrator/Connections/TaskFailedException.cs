using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A node reported that it could not do a task.</summary>
internal sealed class TaskFailedException(int nodeId, string code, string text) : Exception($"node {nodeId}: {Printable.Escape(text)}")
{
    /// <summary>The reason, as the node gave it.</summary>
    public string Reason { get; } = Printable.Escape(text);

    /// <summary>One of <see cref="Messages.TaskFailureCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether the task completed with a NaN or infinite result.</summary>
    public bool IsDivergence { get; init; }

    public int NodeId { get; } = nodeId;

    /// <inheritdoc cref="Messages.TaskFailed.Unfit"/>
    public int[] Unfit { get; init; } = [];
}
