using TraversalLearning.Messages;

namespace TraversalLearning.Nodes;

/// <summary>What an orchestrator answers to a <c>Hello</c>: one of the three.</summary>
/// <param name="Welcome">The node takes part in a run.</param>
/// <param name="Prepare">The node is asked what its table is like.</param>
/// <param name="Reject">The node is not admitted.</param>
internal sealed record OrchestratorAnswer(Welcome? Welcome = null, Prepare? Prepare = null, Reject? Reject = null)
{
    /// <summary>The session that the node is admitted to.</summary>
    public string? Session => Welcome?.Session ?? Prepare?.Session;

    /// <summary>That the orchestrator knows the token.</summary>
    public string? Proof => Welcome?.Proof ?? Prepare?.Proof;
}
