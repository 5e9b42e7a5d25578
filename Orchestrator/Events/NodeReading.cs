namespace TraversalLearning.Orchestration.Events;

/// <summary>What can be said of a node's connection now.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="Peer">Its address and port; <see langword="null"/> if it is not connected.</param>
/// <param name="Samples">How many it holds; <see langword="null"/> if it has never come.</param>
/// <param name="Silence">For how long nothing has come from it, if it is connected.</param>
/// <param name="SentBytes">To it, over all of its connections.</param>
/// <param name="ReceivedBytes">From it, likewise.</param>
internal sealed record NodeReading(int NodeId, string? Peer, long? Samples, TimeSpan Silence, long SentBytes, long ReceivedBytes)
{
    /// <summary>What it says of itself, for people; empty before it was asked.</summary>
    public string Metadata { get; init; } = string.Empty;
}
