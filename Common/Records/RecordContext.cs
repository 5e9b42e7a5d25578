namespace TraversalLearning.Records;

/// <summary>What the messages of a connection have in common.</summary>
/// <param name="Orchestrator">Host and port of the orchestrator.</param>
/// <param name="Certificate">The name in the orchestrator's certificate; <see langword="null"/> without TLS.</param>
/// <param name="Node">The node's id.</param>
public sealed record RecordContext(string Orchestrator, string? Certificate, int Node)
{
    /// <summary>The session that the node was admitted to; <see langword="null"/> during the handshake.</summary>
    public string? Run { get; init; }

    /// <summary>The run's exchange; <see langword="null"/> before there is a run.</summary>
    public string? Exchange { get; init; }
}
