using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>A stream to a peer, with or without TLS around it, and what is known of the peer from it.</summary>
/// <param name="Stream">What frames go over.</param>
/// <param name="Binding">32 bytes that name the channel: SHA-256 of the orchestrator's certificate (DER) under TLS, zeros without.</param>
/// <param name="PeerCertificate">What the peer presented.</param>
/// <param name="Problem">Why the peer's certificate is not accepted; <see langword="null"/> if it is, or if none was asked for.</param>
public sealed record SecureChannel(Stream Stream, ReadOnlyMemory<byte> Binding, X509Certificate2? PeerCertificate = null, string? Problem = null)
{
    /// <summary>Bytes of <see cref="Binding"/>.</summary>
    public const int BindingLength = SHA256.HashSizeInBytes;

    /// <summary>A channel without TLS.</summary>
    public static SecureChannel Plain(Stream stream) => new(stream, new byte[BindingLength]);

    /// <summary>The binding of a channel to the orchestrator with this certificate.</summary>
    internal static byte[] BindingOf(X509Certificate orchestrator) => SHA256.HashData(orchestrator.GetRawCertData());
}

/// <summary>The peer is not who it should be, or could not show it.</summary>
public sealed class PeerAuthenticationException(string message, Exception? inner = null) : Exception(message, inner);
