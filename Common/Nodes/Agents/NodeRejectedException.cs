using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The orchestrator rejected this node permanently; retrying is pointless.</summary>
public class NodeRejectedException : Exception
{
    /// <summary>A rejection by the orchestrator.</summary>
    public NodeRejectedException(string code, string text)
        : this("the orchestrator refused this node", code, text, inner: null)
    {
    }

    /// <summary>A rejection by either side.</summary>
    protected NodeRejectedException(string what, string code, string text, Exception? inner)
        : base($"{what} ({Printable.Escape(code)}): {Printable.Escape(text)}", inner) => Reason = text;

    /// <summary>The reason alone, without the prefix of the message.</summary>
    public string Reason { get; }
}

/// <summary>This node cannot take part in the orchestrator's run; it leaves, and says why.</summary>
public sealed class NodeUnfitException(string code, string text, Exception? inner = null)
    : NodeRejectedException("this node cannot take part", code, text, inner);
