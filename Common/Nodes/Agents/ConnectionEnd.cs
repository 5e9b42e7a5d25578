using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Agents;

/// <summary>How an attempt to connect, and the session after it, ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Answer">The orchestrator's answer; <see langword="null"/> if there was none.</param>
/// <param name="Farewell">The orchestrator's shutdown message, if it ended the session.</param>
internal sealed record ConnectionEnd(string Reason, OrchestratorAnswer? Answer = null, Shutdown? Farewell = null)
{
    /// <summary>Whether the node was admitted.</summary>
    public bool WasAdmitted => Answer is { Reject: null };
}
