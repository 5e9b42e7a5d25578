namespace TraversalLearning.Transport;

/// <summary>
/// The one exception for a connection that can no longer be used, whatever ended it: the peer, the network, silence,
/// bytes that break the protocol, or this side.
/// </summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : IOException(message, inner);
