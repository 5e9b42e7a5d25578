using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Hosting;
using TraversalLearning.Wire;

namespace TraversalLearning.Security;

/// <summary>The only certificate authority that is trusted; the machine's own trust store is ignored.</summary>
/// <param name="roots">The authority's certificates.</param>
/// <param name="revoked">The certificates that it has revoked; <see langword="null"/> if there is no list.</param>
public sealed class TrustedAuthority(X509Certificate2Collection roots, RevocationList? revoked = null)
{
    /// <summary>The certificates that it has revoked; <see langword="null"/> if there is no list.</summary>
    public RevocationList? Revoked { get; } = revoked;

    /// <summary>The authority's certificates.</summary>
    internal X509Certificate2Collection Roots => roots;

    /// <summary>Loads <c>--tls_ca</c> and <c>--tls_crl</c>.</summary>
    /// <exception cref="UserErrorException">A file cannot be read, contains no certificate, or the list is not valid.</exception>
    public static TrustedAuthority Load(string path, string? revokedPath = null)
    {
        X509Certificate2Collection roots = PemCertificates.Load(path, "--tls_ca");
        return new TrustedAuthority(roots, revokedPath is null ? null : RevocationList.Load(revokedPath, roots, TimeProvider.System.GetUtcNow()));
    }

    /// <summary>Why a certificate is revoked, as the end of a sentence; <see langword="null"/> if it is not.</summary>
    public string? RevocationOf(X509Certificate2 certificate) => Revoked?.RevokedOn(certificate) is { } on
        ? $"its certificate ({Printable.Escape(certificate.Subject)}) was revoked on {CertificateProblem.Text(on)}"
        : null;

    /// <summary>The policy for checking a peer's certificate. <c>SslStream</c> adds the usage: client for nodes, server for orchestrators.</summary>
    internal X509ChainPolicy NewPolicy()
    {
        // Nothing is downloaded: these machines may be offline, and a handshake must not wait for a third party.
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    /// <summary>Whether a certificate is one of the authority's own.</summary>
    internal bool IsRoot(X509Certificate2 certificate) => roots.Any(r => r.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));

    /// <summary>The most serious problem of a certificate outside a handshake; <see langword="null"/> if it is valid.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="usage">What it must be meant for, one of <see cref="KeyUsages"/>.</param>
    /// <param name="intermediates">Certificates between it and the CA.</param>
    internal string? ProblemOf(X509Certificate2 certificate, string usage, params X509Certificate2[] intermediates)
    {
        using var chain = new X509Chain { ChainPolicy = NewPolicy() };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        SslPolicyErrors errors = chain.Build(certificate) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
        string? problem = ProblemOf(certificate, chain, errors, host: null);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return problem;
    }

    /// <summary>The most serious problem of a certificate: what the check of its chain found, or its revocation.</summary>
    /// <inheritdoc cref="CertificateProblem.Of"/>
    internal string? ProblemOf(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string? host) =>
        CertificateProblem.Of(certificate, chain, errors, host)
        ?? chain?.ChainElements.Select(e => RevocationOf(e.Certificate)).FirstOrDefault(p => p is not null);
}
