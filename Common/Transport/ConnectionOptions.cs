using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>Settings of a connection.</summary>
/// <param name="HeartbeatInterval">Interval between heartbeats.</param>
/// <param name="HeartbeatTimeout">
/// Silence after which the peer counts as dead. Only time spent waiting for the peer counts: for its bytes, or for it to
/// read a reply.
/// </param>
/// <param name="Encoding">How tensors are encoded; the policy measures the link's speed from this connection's sends.</param>
public sealed record ConnectionOptions(TimeSpan HeartbeatInterval, TimeSpan HeartbeatTimeout, TensorEncodingOptions Encoding)
{
    /// <summary>Size limits for the peer's frames.</summary>
    public WireLimits Limits { get; init; } = WireLimits.Session;

    /// <summary>Default time limit for a handshake, from the first byte to the last.</summary>
    public static TimeSpan DefaultHandshakeTimeout { get; } = TimeSpan.FromSeconds(10);
}
