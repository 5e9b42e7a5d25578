namespace TraversalLearning.Orchestration.Events;

/// <summary>A snapshot of a node's connection.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Peer">Its address and port; <see langword="null"/> if it is not connected.</param>
/// <param name="Samples">Number of samples on the node; <see langword="null"/> if it never connected.</param>
/// <param name="Silence">Time since the last data from it, if connected.</param>
/// <param name="SentBytes">Bytes sent to it, over all of its connections.</param>
/// <param name="ReceivedBytes">Bytes received from it, over all of its connections.</param>
internal sealed record NodeReading(int NodeId, string? Peer, long? Samples, TimeSpan Silence, long SentBytes, long ReceivedBytes)
{
    /// <summary>Its metadata, for display; empty before the node was asked.</summary>
    public string Metadata { get; init; } = string.Empty;
}
