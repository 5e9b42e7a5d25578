using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>The orchestrator wants proof that the node knows the token. Sent only where both sides have one.</summary>
/// <param name="Session">Names the run, as the <c>Welcome</c> will.</param>
/// <param name="Nonce">64 fresh random hexadecimal digits.</param>
public sealed record Challenge(string Session, string Nonce) : IMessage<Challenge>
{
    /// <summary>Characters of a nonce: 32 bytes in hexadecimal.</summary>
    public const int NonceLength = 64;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Challenge;

    /// <inheritdoc/>
    public int FieldCount => 2;

    /// <inheritdoc/>
    public static Challenge Read(MetadataMap metadata) => new(metadata.String("session"u8, 128), metadata.Hex("nonce"u8, NonceLength));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("session"u8, Session);
        writer.Field("nonce"u8, Nonce);
    }
}

/// <summary>The node proves that it knows the token.</summary>
/// <param name="Value">64 hexadecimal digits of an HMAC-SHA-256 (docs/reference/protocol.md).</param>
public sealed record Proof(string Value) : IMessage<Proof>
{
    /// <summary>Characters of a proof: 32 bytes in hexadecimal.</summary>
    public const int Length = 64;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Proof;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static Proof Read(MetadataMap metadata) => new(metadata.Hex("proof"u8, Length));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("proof"u8, Value);
    }
}
