using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Security;

namespace TraversalLearning.Tests.Support;

/// <summary>What a test certificate is like; by default one that is accepted.</summary>
internal sealed record CertificateShape
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>The common name.</summary>
    public required string Name { get; init; }

    /// <summary>Subject alternative names: DNS names and addresses; none leaves the extension out.</summary>
    public string[] AlternativeNames { get; init; } = [];

    public string Usage { get; init; } = ClientUsage;

    /// <summary>Whether its key is RSA, otherwise ECDSA.</summary>
    public bool IsRsa { get; init; }

    /// <summary>From now.</summary>
    public TimeSpan From { get; init; } = TimeSpan.FromHours(-1);

    /// <summary>From now.</summary>
    public TimeSpan Until { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>A certificate authority that lives for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2Collection _intermediates = [];

    public TestAuthority(string name = "test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Request(name, key).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    /// <summary>An authority that another one vouches for. What it issues has its certificate as an intermediate.</summary>
    public TestAuthority(string name, TestAuthority above)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = Request(name, key).Create(above._root, DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(9), RandomNumberGenerator.GetBytes(8));
        _root = issued.CopyWithPrivateKey(key);
        _intermediates = [X509CertificateLoader.LoadCertificate(_root.RawData), .. above._intermediates];
    }

    /// <summary>As <c>--tls_ca</c> reads it: without the key.</summary>
    public TrustedAuthority Trusted => new(Roots);

    /// <summary>The list of certificates that it has revoked, DER.</summary>
    /// <param name="number">Grows with every list.</param>
    /// <param name="validity">From now.</param>
    /// <param name="revoked">The certificates.</param>
    public byte[] Revoke(int number, TimeSpan validity, params TlsIdentity[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (TlsIdentity each in revoked)
        {
            builder.AddEntry(each.Certificate, DateTimeOffset.UtcNow.AddMinutes(-1));
        }

        return builder.Build(_root, number, DateTimeOffset.UtcNow + validity, HashAlgorithmName.SHA256, thisUpdate: DateTimeOffset.UtcNow.AddDays(-1));
    }

    /// <summary>As <c>--tls_ca</c> and <c>--tls_crl</c> read it.</summary>
    public TrustedAuthority TrustedExcept(params TlsIdentity[] revoked) => new(Roots, RevocationList.Parse(Revoke(1, TimeSpan.FromDays(1), revoked), Roots, DateTimeOffset.UtcNow));

    /// <summary>Its certificate, without the key.</summary>
    public X509Certificate2Collection Roots => [X509CertificateLoader.LoadCertificate(_root.RawData)];

    /// <summary>Writes a certificate and its key, as <c>--tls_cert</c> and <c>--tls_key</c> name them.</summary>
    public static void Write(TlsIdentity identity, string certificatePath, string keyPath)
    {
        File.WriteAllText(certificatePath, identity.Certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, identity.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>The orchestrator's TLS with a good certificate for localhost.</summary>
    public ServerTls Server(TrustedAuthority? clients = null, CertificateShape? shape = null) => new(Issue(shape ?? OrchestratorShape), clients);

    /// <summary>A node's TLS with the certificate of its id.</summary>
    public ClientTls Client(int nodeId, CertificateShape? shape = null) => new(Trusted, Issue(shape ?? NodeShape(nodeId)));

    public static CertificateShape OrchestratorShape { get; } = new()
    {
        Name = "orchestrator", AlternativeNames = ["localhost", "127.0.0.1"], Usage = CertificateShape.ServerUsage,
    };

    public static CertificateShape NodeShape(int nodeId) => new() { Name = $"node-{nodeId}", AlternativeNames = [$"node-{nodeId}"] };

    /// <summary>Issues a certificate with a key of its own.</summary>
    public TlsIdentity Issue(CertificateShape shape)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA? rsa = shape.IsRsa ? RSA.Create(2048) : null;
        CertificateRequest request = rsa is null
            ? new($"CN={shape.Name}", ecdsa, HashAlgorithmName.SHA256)
            : new($"CN={shape.Name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(shape.Usage)], critical: false));
        if (shape.AlternativeNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (string name in shape.AlternativeNames)
            {
                if (IPAddress.TryParse(name, out IPAddress? address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        byte[] serial = RandomNumberGenerator.GetBytes(8);
        var signer = X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!);
        using X509Certificate2 issued = request.Create(_root.SubjectName, signer, DateTimeOffset.UtcNow + shape.From, DateTimeOffset.UtcNow + shape.Until, serial);
        return new TlsIdentity(rsa is null ? issued.CopyWithPrivateKey(ecdsa) : issued.CopyWithPrivateKey(rsa), _intermediates);
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }
}
