using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>The only certificate authority that is trusted; the machine's own trust store is ignored.</summary>
/// <param name="roots">The authority's certificates.</param>
public sealed class TrustedAuthority(X509Certificate2Collection roots)
{
    /// <summary>Loads <c>--tls_ca</c>.</summary>
    /// <exception cref="UserErrorException">The file cannot be read or contains no certificate.</exception>
    public static TrustedAuthority Load(string path) => new(PemCertificates.Load(path, "--tls_ca"));

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
}
