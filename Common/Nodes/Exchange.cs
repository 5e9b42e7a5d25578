namespace TraversalLearning.Nodes;

/// <summary>
/// How activations and gradients are exchanged (design section 2). All exchanges give the same gradient.
/// <see cref="ExchangeKind"/> has the properties of each.
/// </summary>
public enum Exchange
{
    /// <summary>Two round trips: forward pass, then first-layer backward pass.</summary>
    TwoPhase,

    /// <summary>One round trip: the node runs its backward pass itself.</summary>
    OnePhase,

    /// <summary>Three round trips: the node has only <c>f_N</c> and <c>θ_N</c> and receives its logits to compute the loss, so that labels never leave it.</summary>
    Relay,

    /// <summary>One round trip: the nodes hold θ and train it themselves; the orchestrator adds masked integers and learns neither gradients nor θ.</summary>
    Blind,
}
