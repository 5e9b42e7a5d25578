using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Enrolment;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>
/// A certificate authority in a folder: its key, its certificate, and a copy of every certificate that it issued. Whoever has the key
/// can make certificates for any node.
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    // Clocks of other machines may be a little behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly X509Certificate2 _signer;
    private readonly TimeProvider _time;

    private CertificateAuthority(string folder, X509Certificate2 signer, AuthoritySettings settings, TimeProvider time)
    {
        Folder = folder;
        Settings = settings;
        _signer = signer;
        _time = time;
        Certificate = X509CertificateLoader.LoadCertificate(signer.RawData);
        Tokens = new PendingTokens(folder, time);
        Revoked = new RevokedSerials(folder, signer, settings.Validity, time);
    }

    public string Folder { get; }

    public AuthoritySettings Settings { get; }

    /// <summary>The CA's certificate, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    public PendingTokens Tokens { get; }

    public RevokedSerials Revoked { get; }

    private string IssuedFolder => Path.Combine(Folder, "issued");

    /// <summary>Makes a CA. Its certificate is valid for ten times as long as those that it issues.</summary>
    /// <exception cref="UserErrorException">There is one already, or the folder cannot be written.</exception>
    public static CertificateAuthority Create(string folder, int days, TimeProvider? time = null)
    {
        if (File.Exists(Path.Combine(folder, "ca.pem")) || File.Exists(Path.Combine(folder, "ca.key")))
        {
            throw new UserErrorException(ExitCode.Usage, $"'{folder}' holds a CA already");
        }

        time ??= TimeProvider.System;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Traversal Learning CA {RandomNumberGenerator.GetHexString(8, lowercase: true)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 certificate = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - ClockSkew, now.AddDays(10.0 * days), NewSerial());
        try
        {
            PrivateFiles.CreateFolder(folder);
            new AuthoritySettings(days).Save(folder);
            Write(Path.Combine(folder, "ca.key"), PemEncoding.WriteString("PRIVATE KEY", key.ExportPkcs8PrivateKey()));
            Write(Path.Combine(folder, "ca.pem"), certificate.ExportCertificatePem());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot write '{folder}': {FileError.ReasonOf(folder, e)}", e);
        }

        return Open(folder, time);
    }

    /// <summary>Opens a CA.</summary>
    /// <exception cref="UserErrorException">There is none, or a file of it cannot be used.</exception>
    public static CertificateAuthority Open(string folder, TimeProvider? time = null)
    {
        string path = Path.Combine(folder, "ca.pem");
        if (!File.Exists(path))
        {
            throw new UserErrorException(ExitCode.Usage, $"'{folder}' holds no CA; make one with: Orchestrator ca init '{folder}'");
        }

        TlsIdentity signer = TlsIdentity.Load(path, Path.Combine(folder, "ca.key"));
        return new CertificateAuthority(folder, signer.Certificate, AuthoritySettings.Load(folder), time ?? TimeProvider.System);
    }

    /// <summary>Issues a certificate and keeps a copy.</summary>
    /// <param name="role">What it is for.</param>
    /// <param name="names">The names and addresses of an orchestrator.</param>
    /// <param name="key">The public key that it is for.</param>
    /// <exception cref="UserErrorException">The copy cannot be kept, or the CA's own certificate has ended.</exception>
    public X509Certificate2 Issue(CertificateRole role, IReadOnlyList<string> names, PublicKey key)
    {
        X509Certificate2 issued = Sign(role.Name, role.IsServer, role.IsServer ? names : [.. role.ClientNames], key, Settings.Validity);
        try
        {
            PrivateFiles.CreateFolder(IssuedFolder);
            Write(Path.Combine(IssuedFolder, $"{issued.SerialNumber}.pem"), issued.ExportCertificatePem());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot keep a copy of the certificate in '{IssuedFolder}': {e.Message}", e);
        }

        return issued;
    }

    /// <summary>The certificate of the CA's own server, whose key is kept nowhere.</summary>
    public TlsIdentity IssueServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=unused", key, HashAlgorithmName.SHA256);
        using X509Certificate2 issued = Sign(ServerNames.Authority, isServer: true, [ServerNames.Authority], request.PublicKey, TimeSpan.MaxValue);
        return new TlsIdentity(issued.CopyWithPrivateKey(key));
    }

    /// <summary>All certificates that it issued, by name and end.</summary>
    /// <exception cref="UserErrorException">A copy cannot be read.</exception>
    public IReadOnlyList<IssuedCertificate> Issued()
    {
        if (!Directory.Exists(IssuedFolder))
        {
            return [];
        }

        RevocationList revoked = Revoked.Read();
        return
        [
            .. Directory.GetFiles(IssuedFolder, "*.pem")
                .Select(path => IssuedCertificate.Load(path, revoked))
                .OrderBy(c => c.Name, StringComparer.Ordinal)
                .ThenBy(c => c.Certificate.NotAfter),
        ];
    }

    /// <inheritdoc/>
    public void Dispose() => _signer.Dispose();

    internal static void Write(string path, string pem) => ReplacedFile.Write(path, Encoding.ASCII.GetBytes(pem + "\n"));

    private X509Certificate2 Sign(string commonName, bool isServer, IReadOnlyList<string> names, PublicKey key, TimeSpan validity)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset end = CertificatePeriod.EndOf(_signer);
        if (end <= now)
        {
            throw new UserErrorException(ExitCode.Usage, $"the CA's own certificate {CertificateProblem.OfPeriod(_signer, now.UtcDateTime)}; make a new CA");
        }

        var request = new CertificateRequest(new X500DistinguishedName($"CN={commonName}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(isServer ? KeyUsages.Server : KeyUsages.Client)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_signer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(ServerNames.ToExtension(names));
        DateTimeOffset until = validity < end - now ? now + validity : end;
        return request.Create(_signer.SubjectName, SignatureGenerator(), Max(now - ClockSkew, CertificatePeriod.StartOf(_signer)), until, NewSerial());
    }

    private X509SignatureGenerator SignatureGenerator() => _signer.GetECDsaPrivateKey() is { } ecdsa
        ? X509SignatureGenerator.CreateForECDsa(ecdsa)
        : X509SignatureGenerator.CreateForRSA(_signer.GetRSAPrivateKey()!, RSASignaturePadding.Pkcs1);

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    // Positive, and of one length.
    private static byte[] NewSerial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(0x10 | (serial[0] & 0x0f));
        return serial;
    }
}
