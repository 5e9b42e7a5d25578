using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The orchestrator's answer to the first frame; exactly one is set.</summary>
/// <param name="Welcome">The node is admitted to a run.</param>
/// <param name="Prepare">The node is asked for its table's statistics.</param>
/// <param name="WorkerWelcome">The worker is admitted to a study.</param>
/// <param name="Reject">The node or worker is rejected.</param>
public sealed record OrchestratorAnswer(Welcome? Welcome = null, Prepare? Prepare = null, WorkerWelcome? WorkerWelcome = null, Reject? Reject = null)
{
    /// <summary>The session that the node or worker is admitted to.</summary>
    public string? Session => Welcome?.Session ?? Prepare?.Session ?? WorkerWelcome?.Session;

    /// <summary>The orchestrator's proof that it knows the token.</summary>
    public string? Proof => Welcome?.Proof ?? Prepare?.Proof ?? WorkerWelcome?.Proof;
}
