namespace TraversalLearning.SecureAggregation;

/// <summary>Keys, or something sealed under them, are not what they should be. The message is one line and names the node, where there is one.</summary>
public sealed class KeyExchangeException : Exception
{
    internal KeyExchangeException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
