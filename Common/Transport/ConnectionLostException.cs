namespace TraversalLearning.Transport;

/// <summary>
/// The connection can no longer be used. Thrown for every cause: the peer, the network, a timeout, bytes that break the
/// protocol, or this side closing it.
/// </summary>
public sealed class ConnectionLostException(string message, Exception? inner = null) : IOException(message, inner);
