using System.Buffers.Binary;
using System.Text;
using TraversalLearning.Messages;

namespace TraversalLearning.Security;

/// <summary>The side that proves knowledge of the token. Part of the transcript, so that a proof cannot be reflected to its sender.</summary>
public enum Party : byte
{
    /// <summary>The node.</summary>
    Node = 1,

    /// <summary>The orchestrator.</summary>
    Orchestrator = 2,
}

/// <summary>
/// The data that a proof covers: both sides' nonces, the node, the session and the channel. It binds the proof to one
/// handshake. As bytes (docs/reference/protocol.md):
/// <code>
///   0  16  "TLW1 token proof"
///  16   1  prover: 1 node, 2 orchestrator
///  17   4  node id, little-endian
///  21  64  the node's nonce, as in Hello
///  85  64  the orchestrator's nonce, as in Challenge
/// 149  32  SHA-256 of the orchestrator's certificate (DER) under TLS, zeros otherwise
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
    /// <summary>The bytes that <paramref name="prover"/> authenticates.</summary>
    public byte[] ToBytes(Party prover)
    {
        // All parts but the last have a fixed length, so no two transcripts have the same bytes.
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
