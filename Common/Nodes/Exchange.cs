namespace TraversalLearning.Nodes;

/// <summary>
/// Names how activations and gradients are exchanged (design section 2). All give the same gradient. <see cref="ExchangeKind"/> says what follows from it.
/// </summary>
public enum Exchange
{
    /// <summary>Forward pass and first-layer backward pass are two round trips.</summary>
    TwoPhase,

    /// <summary>The node runs its backward pass itself; one round trip.</summary>
    OnePhase,

    /// <summary>The node has <c>f_N</c> and <c>θ_N</c> only; its logits come back to it for the loss, so that labels stay. Three round trips.</summary>
    Relay,
}
