using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>A certificate for loopback that lives as long as the audit: the bytes on the network are to be those of TLS, and nobody needs to be convinced.</summary>
internal static class EphemeralCertificates
{
    /// <summary>The security of the orchestrator and of its nodes.</summary>
    public static (OrchestratorSecurity Orchestrator, NodeSecurity Nodes) Create(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=audit", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        var authority = new TrustedAuthority([X509CertificateLoader.LoadCertificate(certificate.RawData)]);
        return (new OrchestratorSecurity(new ServerTls(new TlsIdentity(certificate)), Token: null), new NodeSecurity(new ClientTls(authority), Token: null));
    }
}
