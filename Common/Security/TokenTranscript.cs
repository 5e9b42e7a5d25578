using System.Buffers.Binary;
using System.Text;
using TraversalLearning.Messages;

namespace TraversalLearning.Security;

/// <summary>Who proves that it knows the token. Part of what is proven, so that a proof cannot be sent back to whom it came from.</summary>
public enum Party : byte
{
    /// <summary>The node.</summary>
    Node = 1,

    /// <summary>The orchestrator.</summary>
    Orchestrator = 2,
}

/// <summary>
/// What a proof is about, so that one of another handshake is worth nothing: both sides' fresh nonces, which node, which session, and
/// which channel. As bytes (docs/reference/protocol.md):
/// <code>
///   0  16  "TLW1 token proof"
///  16   1  who proves: 1 node, 2 orchestrator
///  17   4  node id, little-endian
///  21  64  the node's nonce, as it stands in Hello
///  85  64  the orchestrator's nonce, as it stands in Challenge
/// 149  32  SHA-256 of the orchestrator's certificate (DER) under TLS, zeros without
/// 181      session, UTF-8
/// </code>
/// </summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Session">The session.</param>
/// <param name="NodeNonce">64 hexadecimal digits.</param>
/// <param name="OrchestratorNonce">64 hexadecimal digits.</param>
/// <param name="Channel">32 bytes: <see cref="SecureChannel.Binding"/>.</param>
public sealed record TokenTranscript(int NodeId, string Session, string NodeNonce, string OrchestratorNonce, ReadOnlyMemory<byte> Channel)
{
    /// <summary>The bytes that <paramref name="prover"/> puts its proof on.</summary>
    public byte[] ToBytes(Party prover)
    {
        // All but the last part have a fixed length: no two transcripts have the same bytes.
        ArgumentOutOfRangeException.ThrowIfNotEqual(NodeNonce.Length, Challenge.NonceLength, nameof(NodeNonce));
        ArgumentOutOfRangeException.ThrowIfNotEqual(OrchestratorNonce.Length, Challenge.NonceLength, nameof(OrchestratorNonce));
        ArgumentOutOfRangeException.ThrowIfNotEqual(Channel.Length, SecureChannel.BindingLength, nameof(Channel));
        Span<byte> nodeId = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(nodeId, NodeId);
        return
        [
            .. "TLW1 token proof"u8, (byte)prover, .. nodeId, .. Encoding.ASCII.GetBytes(NodeNonce), .. Encoding.ASCII.GetBytes(OrchestratorNonce),
            .. Channel.Span, .. Encoding.UTF8.GetBytes(Session),
        ];
    }
}
