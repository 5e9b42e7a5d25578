using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>How a connection behaves.</summary>
/// <param name="HeartbeatInterval">How often this side shows that it lives.</param>
/// <param name="HeartbeatTimeout">After what silence the peer counts as dead. Only time spent waiting for bytes counts, or for the peer to take those of a reply.</param>
/// <param name="Encoding">How tensors are encoded; its policy learns the link's speed from this connection's sends.</param>
public sealed record ConnectionOptions(TimeSpan HeartbeatInterval, TimeSpan HeartbeatTimeout, TensorEncodingOptions Encoding)
{
    /// <summary>What a frame of the peer may take.</summary>
    public WireLimits Limits { get; init; } = WireLimits.Session;

    /// <summary>How long a handshake may take, from the first byte to the last, unless a side is told otherwise.</summary>
    public static TimeSpan DefaultHandshakeTimeout { get; } = TimeSpan.FromSeconds(10);
}
