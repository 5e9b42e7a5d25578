using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>TLS on the node's side.</summary>
/// <param name="source">The node's certificates; they have an authority.</param>
public sealed class ClientTls(TlsSource source)
{
    /// <summary>TLS with certificates that never change.</summary>
    /// <param name="authority">The certificate authority that the node trusts.</param>
    /// <param name="identity">The node's own certificate, if the orchestrator requires one.</param>
    public ClientTls(TrustedAuthority authority, TlsIdentity? identity = null)
        : this(new TlsSource(new TlsMaterial(identity, authority)))
    {
    }

    /// <summary>The node's certificates.</summary>
    public TlsSource Source { get; } = source;

    /// <summary>The certificate authority that the node trusts now.</summary>
    public TrustedAuthority Authority => Source.Current.Authority!;

    /// <summary>The node's own certificate now, if the orchestrator requires one.</summary>
    public TlsIdentity? Identity => Source.Current.Identity;

    /// <summary>Performs the handshake.</summary>
    /// <param name="transport">The connected stream; disposed if the handshake fails.</param>
    /// <param name="host">The host name or address that the orchestrator's certificate must match.</param>
    /// <param name="cancellationToken">Cancels the handshake.</param>
    /// <exception cref="PeerAuthenticationException">The orchestrator's certificate is not accepted.</exception>
    /// <exception cref="AuthenticationException">The two sides have no TLS version or cipher in common.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<SecureChannel> AuthenticateAsync(Stream transport, string host, CancellationToken cancellationToken)
    {
        string? problem = null;
        (TlsIdentity? identity, TrustedAuthority? authority) = Source.Current;
        var stream = new SslStream(transport);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    ClientCertificateContext = identity?.Context,
                    CertificateChainPolicy = authority!.NewPolicy(),
                    AllowRenegotiation = false,
                    AllowTlsResume = false,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                        (problem = authority.ProblemOf(certificate as X509Certificate2, chain, errors, host)) is null,
                },
                cancellationToken);
            return new SecureChannel(stream, SecureChannel.BindingOf(stream.RemoteCertificate!), stream.RemoteCertificate as X509Certificate2);
        }
        catch (AuthenticationException e) when (problem is not null)
        {
            await stream.DisposeAsync();
            throw new PeerAuthenticationException($"this side does not accept the orchestrator: {problem}", e);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
