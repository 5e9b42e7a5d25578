using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>TLS on the orchestrator's side.</summary>
/// <param name="identity">The orchestrator's certificate.</param>
/// <param name="clients">The authority that must have issued every node's certificate; <see langword="null"/> if nodes need none.</param>
public sealed class ServerTls(TlsIdentity identity, TrustedAuthority? clients = null)
{
    private readonly byte[] _binding = SecureChannel.BindingOf(identity.Certificate);

    /// <summary>Whether nodes must present certificates.</summary>
    public bool IsMutual => clients is not null;

    /// <summary>
    /// Performs the handshake. It also completes for a node with an invalid certificate, which is returned with a
    /// <see cref="SecureChannel.Problem"/>, so that the refusal can say why; TLS itself would send only an alert number. The
    /// caller must send nothing but that refusal.
    /// </summary>
    /// <exception cref="AuthenticationException">No TLS version or cipher in common, or the node rejects this side's certificate.</exception>
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

                    // Certificates are checked on every connection; a resumed session would accept one that has expired since.
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
