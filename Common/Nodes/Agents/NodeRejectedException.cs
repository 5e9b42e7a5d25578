using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The orchestrator rejected this node permanently; retrying is pointless.</summary>
public sealed class NodeRejectedException(string code, string text, Exception? inner = null)
    : Exception($"the orchestrator refused this node ({Printable.Escape(code)}): {Printable.Escape(text)}", inner)
{
    /// <summary>The reason alone, without the prefix of the message.</summary>
    public string Reason { get; } = text;
}
