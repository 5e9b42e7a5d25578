namespace TraversalLearning.Nodes.Blind;

/// <summary>A task that this node does not do now, with the code that tells the orchestrator what to do instead.</summary>
/// <param name="code">One of <see cref="Messages.TaskFailureCodes"/>.</param>
/// <param name="message">The reason for a person.</param>
internal sealed class TaskRefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;

    /// <inheritdoc cref="Messages.TaskFailed.Unfit"/>
    public int[] Unfit { get; init; } = [];
}
