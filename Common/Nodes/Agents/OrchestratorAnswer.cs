using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Agents;

/// <summary>What an orchestrator answers to the first frame: one of these.</summary>
/// <param name="Welcome">The node takes part in a run.</param>
/// <param name="Prepare">The node is asked what its table is like.</param>
/// <param name="WorkerWelcome">The worker takes part in a study.</param>
/// <param name="Reject">Neither is admitted.</param>
public sealed record OrchestratorAnswer(Welcome? Welcome = null, Prepare? Prepare = null, WorkerWelcome? WorkerWelcome = null, Reject? Reject = null)
{
    /// <summary>The session that it is admitted to.</summary>
    public string? Session => Welcome?.Session ?? Prepare?.Session ?? WorkerWelcome?.Session;

    /// <summary>That the orchestrator knows the token.</summary>
    public string? Proof => Welcome?.Proof ?? Prepare?.Proof ?? WorkerWelcome?.Proof;
}
