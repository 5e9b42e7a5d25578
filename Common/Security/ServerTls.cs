using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>TLS on the orchestrator's side.</summary>
/// <param name="source">The orchestrator's certificates; they have an identity.</param>
public sealed class ServerTls(TlsSource source)
{
    /// <summary>TLS with certificates that never change.</summary>
    /// <param name="identity">The orchestrator's certificate.</param>
    /// <param name="clients">The authority that must have issued every node's certificate; <see langword="null"/> if nodes need none.</param>
    public ServerTls(TlsIdentity identity, TrustedAuthority? clients = null)
        : this(new TlsSource(new TlsMaterial(identity, clients)))
    {
    }

    /// <summary>The orchestrator's certificates.</summary>
    public TlsSource Source { get; } = source;

    /// <summary>The authority that must have issued every node's certificate; <see langword="null"/> if nodes need none.</summary>
    public TrustedAuthority? Clients => Source.Current.Authority;

    /// <summary>Whether nodes must present certificates.</summary>
    public bool IsMutual => Clients is not null;

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
        (TlsIdentity? identity, TrustedAuthority? clients) = Source.Current;
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    ServerCertificateContext = identity!.Context,
                    ClientCertificateRequired = clients is not null,
                    CertificateChainPolicy = clients?.NewPolicy(),
                    AllowRenegotiation = false,

                    // Certificates are checked on every connection; a resumed session would accept one that has expired since.
                    AllowTlsResume = false,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    {
                        problem = clients?.ProblemOf(certificate as X509Certificate2, chain, errors, host: null);
                        return true;
                    },
                },
                cancellationToken);
            return new SecureChannel(stream, SecureChannel.BindingOf(identity.Certificate), stream.RemoteCertificate as X509Certificate2, problem);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
