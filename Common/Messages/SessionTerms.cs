using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>The fields common to all admission messages: heartbeats, and the token proof.</summary>
/// <param name="HeartbeatInterval">Interval between heartbeats of each side.</param>
/// <param name="HeartbeatTimeout">Silence after which a side counts as dead.</param>
/// <param name="Proof">The proof that this side knows the token; <see langword="null"/> without a token.</param>
internal readonly record struct SessionTerms(TimeSpan HeartbeatInterval, TimeSpan HeartbeatTimeout, string? Proof)
{
    private const int MaxHeartbeatMilliseconds = 24 * 60 * 60 * 1000;

    public int FieldCount => Proof is null ? 2 : 3;

    public static SessionTerms Read(MetadataMap metadata) => new(
        TimeSpan.FromMilliseconds(metadata.Int32("heartbeat_interval_ms"u8, min: 1, max: MaxHeartbeatMilliseconds)),
        TimeSpan.FromMilliseconds(metadata.Int32("heartbeat_timeout_ms"u8, min: 1, max: MaxHeartbeatMilliseconds)),
        metadata.Has("proof"u8) ? metadata.Hex("proof"u8, Messages.Proof.Length) : null);

    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("heartbeat_interval_ms"u8, (int)HeartbeatInterval.TotalMilliseconds);
        writer.Field("heartbeat_timeout_ms"u8, (int)HeartbeatTimeout.TotalMilliseconds);
        if (Proof is not null)
        {
            writer.Field("proof"u8, Proof);
        }
    }
}
