using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>A stream to a peer, with or without TLS, and the peer's certificate.</summary>
/// <param name="Stream">The stream that carries frames.</param>
/// <param name="Binding">32 bytes that identify the channel: SHA-256 of the orchestrator's certificate (DER) under TLS, zeros otherwise.</param>
/// <param name="PeerCertificate">The certificate that the peer presented, if any.</param>
/// <param name="Problem">Why the peer's certificate is invalid; <see langword="null"/> if it is valid or was not required.</param>
public sealed record SecureChannel(Stream Stream, ReadOnlyMemory<byte> Binding, X509Certificate2? PeerCertificate = null, string? Problem = null)
{
    /// <summary>Length of <see cref="Binding"/> in bytes.</summary>
    public const int BindingLength = SHA256.HashSizeInBytes;

    /// <summary>A channel without TLS.</summary>
    public static SecureChannel Plain(Stream stream) => new(stream, new byte[BindingLength]);

    /// <summary>The binding for an orchestrator's certificate.</summary>
    internal static byte[] BindingOf(X509Certificate orchestrator) => SHA256.HashData(orchestrator.GetRawCertData());
}

/// <summary>The peer failed to authenticate.</summary>
public sealed class PeerAuthenticationException(string message, Exception? inner = null) : Exception(message, inner);
