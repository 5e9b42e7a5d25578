using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>Shows that a side is alive. Sent by both sides, also during computations.</summary>
public sealed record Heartbeat : IMessage<Heartbeat>
{
    /// <summary>The one instance.</summary>
    public static Heartbeat Instance { get; } = new();

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Heartbeat;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static Heartbeat Read(MetadataMap metadata) => Instance;

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>The run is over; the node shuts down successfully.</summary>
/// <param name="Reason">For the node's log.</param>
public sealed record Shutdown(string Reason) : IMessage<Shutdown>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Shutdown;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static Shutdown Read(MetadataMap metadata) => new(metadata.String("reason"u8, Reasons.MaxBytes));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("reason"u8, Reasons.Fitted(Reason));
    }
}

/// <summary>The node cannot take part in this session and shuts down. The orchestrator closes the connection.</summary>
/// <param name="Reason">For the orchestrator's log and its final message.</param>
/// <param name="Code">What the reason is about, such as <c>policy.max_epochs</c>. The field is left out where there is no code.</param>
public sealed record Leave(string Reason, string? Code = null) : IMessage<Leave>
{
    /// <summary>Maximum size of a code in bytes.</summary>
    public const int MaxCode = 64;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Leave;

    /// <inheritdoc/>
    public int FieldCount => Code is null ? 1 : 2;

    /// <inheritdoc/>
    public static Leave Read(MetadataMap metadata) =>
        new(metadata.String("reason"u8, Reasons.MaxBytes), metadata.Has("code"u8) ? metadata.String("code"u8, MaxCode) : null);

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("reason"u8, Reasons.Fitted(Reason));
        if (Code is not null)
        {
            writer.Field("code"u8, Code);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Code is null ? Reason : $"({Code}) {Reason}";
}

/// <summary>The node's policy does not allow this orchestrator, so that the node says nothing of its samples. In place of <see cref="Hello"/>.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Code">The rule of the policy, such as <c>policy.orchestrators</c>.</param>
/// <param name="Reason">For the orchestrator's log and its final message.</param>
public sealed record Decline(int NodeId, string Code, string Reason) : IMessage<Decline>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Decline;

    /// <inheritdoc/>
    public int FieldCount => 3;

    /// <inheritdoc/>
    public static Decline Read(MetadataMap metadata) => new(
        metadata.Int32("node_id"u8), metadata.String("code"u8, Leave.MaxCode), metadata.String("reason"u8, Reasons.MaxBytes));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("node_id"u8, NodeId);
        writer.Field("code"u8, Code);
        writer.Field("reason"u8, Reasons.Fitted(Reason));
    }
}

/// <summary>Asks the node for its index range.</summary>
public sealed record IndexRangeQuery : IMessage<IndexRangeQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.IndexRangeQuery;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static IndexRangeQuery Read(MetadataMap metadata) => new();

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>The node's samples: its local sample indices are from 0 to <paramref name="Count"/>, exclusive.</summary>
/// <param name="Count">Number of samples.</param>
/// <param name="Metadata">The node's metadata, a JSON object of strings. The field is omitted if there is none.</param>
public sealed record IndexRange(long Count, string? Metadata = null) : IMessage<IndexRange>
{
    /// <summary>Maximum size of <see cref="Metadata"/> in bytes.</summary>
    public const int MaxMetadata = 8192;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.IndexRange;

    /// <inheritdoc/>
    public int FieldCount => Metadata is null ? 1 : 2;

    /// <inheritdoc/>
    public static IndexRange Read(MetadataMap metadata) =>
        new(metadata.Int64("count"u8), metadata.Has("metadata"u8) ? metadata.String("metadata"u8, MaxMetadata) : null);

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("count"u8, Count);
        if (Metadata is not null)
        {
            writer.Field("metadata"u8, Metadata);
        }
    }
}
