using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>The certificate authority whose certificates are accepted: this one, and none of those that the machine trusts.</summary>
/// <param name="roots">Its certificates.</param>
public sealed class TrustedAuthority(X509Certificate2Collection roots)
{
    /// <summary>Reads <c>--tls_ca</c>.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or holds no certificate.</exception>
    public static TrustedAuthority Load(string path) => new(PemCertificates.Load(path, "--tls_ca"));

    /// <summary>How a peer's certificate is checked. <c>SslStream</c> adds the usage: a node's must be for clients, an orchestrator's for servers.</summary>
    internal X509ChainPolicy NewPolicy()
    {
        // Nothing is downloaded: these machines may have no way out, and a handshake must not wait for anybody else.
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
