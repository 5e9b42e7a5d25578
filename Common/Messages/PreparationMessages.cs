using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// The orchestrator admits a node that has a table, to ask what it is like: what the run will be depends on it. In place of <see cref="Welcome"/>; the
/// session ends when all nodes have answered, and they come back for the run.
/// </summary>
/// <param name="Session">Names this session.</param>
/// <param name="HeartbeatInterval">How often each side shows that it lives.</param>
/// <param name="HeartbeatTimeout">After what silence a side counts as dead.</param>
/// <param name="Proof">Where there is a token: that the orchestrator knows it, as in <see cref="Welcome"/>.</param>
public sealed record Prepare(string Session, TimeSpan HeartbeatInterval, TimeSpan HeartbeatTimeout, string? Proof = null) : IMessage<Prepare>
{
    private SessionTerms Terms => new(HeartbeatInterval, HeartbeatTimeout, Proof);

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Prepare;

    /// <inheritdoc/>
    public int FieldCount => 1 + Terms.FieldCount;

    /// <inheritdoc/>
    public static Prepare Read(MetadataMap metadata)
    {
        var terms = SessionTerms.Read(metadata);
        return new Prepare(metadata.String("session"u8, 128), terms.HeartbeatInterval, terms.HeartbeatTimeout, terms.Proof);
    }

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("session"u8, Session);
        Terms.WriteFields(ref writer);
    }
}

/// <summary>Asks the node what its table is like.</summary>
public sealed record StatisticsQuery : IMessage<StatisticsQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.StatisticsQuery;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static StatisticsQuery Read(MetadataMap metadata) => new();

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>Statistics of the node's table: sums and names, no rows.</summary>
/// <param name="Table">JSON (docs/reference/protocol.md).</param>
public sealed record Statistics(string Table) : IMessage<Statistics>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Statistics;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static Statistics Read(MetadataMap metadata) => new(metadata.String("table"u8, WireLimits.Preparation.MaxMetadata));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("table"u8, Table);
}
