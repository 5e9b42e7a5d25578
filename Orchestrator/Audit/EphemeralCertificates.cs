using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Certificates for loopback that live as long as the audit, for the orchestrator and for every node.</summary>
internal sealed class EphemeralCertificates : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly X509Certificate2 _root;
    private readonly TrustedAuthority _authority;

    public EphemeralCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=audit", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow - (2 * Lifetime), DateTimeOffset.UtcNow + (2 * Lifetime));
        _authority = new TrustedAuthority([X509CertificateLoader.LoadCertificate(_root.RawData)]);
    }

    /// <summary>The orchestrator's security.</summary>
    public OrchestratorSecurity Orchestrator(IPAddress address) =>
        new(new ServerTls(Issue("orchestrator", names => names.AddIpAddress(address)), _authority), Token: null);

    /// <summary>A node's security.</summary>
    public NodeSecurity Node(int nodeId)
    {
        string name = $"node-{nodeId}";
        return new NodeSecurity(new ClientTls(_authority, Issue(name, names => names.AddDnsName(name))), Token: null);
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private TlsIdentity Issue(string name, Action<SubjectAlternativeNameBuilder> addNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        addNames(names);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(
            _root, DateTimeOffset.UtcNow - Lifetime, DateTimeOffset.UtcNow + Lifetime, RandomNumberGenerator.GetBytes(8));
        return new TlsIdentity(issued.CopyWithPrivateKey(key));
    }
}
