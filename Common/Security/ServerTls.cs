using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>The orchestrator's side of TLS.</summary>
/// <param name="identity">Its certificate.</param>
/// <param name="clients">The authority that every node must present a certificate of; <see langword="null"/> if none is asked for.</param>
public sealed class ServerTls(TlsIdentity identity, TrustedAuthority? clients = null)
{
    private readonly byte[] _binding = SecureChannel.BindingOf(identity.Certificate);

    /// <summary>Whether nodes must present certificates.</summary>
    public bool IsMutual => clients is not null;

    /// <summary>
    /// The handshake. A node whose certificate is not accepted comes out of it with a <see cref="SecureChannel.Problem"/>, so that it can
    /// be told in words; TLS itself would send a number. Nothing but that refusal may follow.
    /// </summary>
    /// <exception cref="AuthenticationException">There is no common ground, or the node does not accept this side's certificate.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<SecureChannel> AuthenticateAsync(Stream transport, CancellationToken cancellationToken)
    {
        string? problem = null;
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    ServerCertificateContext = identity.Context,
                    ClientCertificateRequired = IsMutual,
                    CertificateChainPolicy = clients?.NewPolicy(),
                    AllowRenegotiation = false,

                    // Certificates are checked anew on every connection; a resumed session would vouch for one that has expired since.
                    AllowTlsResume = false,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        problem = IsMutual ? CertificateProblem.Of(certificate as X509Certificate2, chain, errors, host: null) : null;
                        return true;
                    },
                },
                cancellationToken);
            return new SecureChannel(stream, _binding, stream.RemoteCertificate as X509Certificate2, problem);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
