using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The orchestrator does not want this node, and trying again is pointless.</summary>
public sealed class NodeRejectedException(string code, string text, Exception? inner = null)
    : Exception($"the orchestrator refused this node ({Printable.Escape(code)}): {Printable.Escape(text)}", inner)
{
    /// <summary>Why, without who said it.</summary>
    public string Reason { get; } = text;
}
