using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>A request for a certificate (PKCS#10): a public key, a role, and for an orchestrator its names. Its own signature shows that the key is there.</summary>
public sealed class SigningRequest
{
    private const string PemLabel = "CERTIFICATE REQUEST";
    private const string CommonName = "2.5.4.3";
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";
    private const int MinRsaBits = 2048;
    private const int MaxLength = 64 * 1024;

    private SigningRequest(byte[] der)
    {
        Der = der;
        CertificateRequest read = CertificateRequest.LoadSigningRequest(
            der, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions, RSASignaturePadding.Pkcs1);
        Role = RoleOf(read.SubjectName);
        PublicKey = read.PublicKey;
        RequireKey(PublicKey);
        Names = Role.IsServer ? RequireNames(ServerNames.Of(read.CertificateExtensions)) : [];
    }

    /// <summary>The request, DER.</summary>
    public byte[] Der { get; }

    /// <summary>What the certificate is to be for.</summary>
    public CertificateRole Role { get; }

    /// <summary>The names and addresses of an orchestrator; empty for others, whose role says their names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The public key.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Makes a request.</summary>
    /// <param name="role">What the certificate is to be for.</param>
    /// <param name="names">An orchestrator's names and addresses.</param>
    /// <param name="key">The private key: <see cref="ECDsa"/> or <see cref="RSA"/>.</param>
    public static SigningRequest Create(CertificateRole role, IReadOnlyList<string> names, AsymmetricAlgorithm key)
    {
        CertificateRequest request = key switch
        {
            ECDsa ecdsa => new CertificateRequest($"CN={role.Name}", ecdsa, HashAlgorithmName.SHA256),
            RSA rsa => new CertificateRequest($"CN={role.Name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => throw new ArgumentException("the key is neither RSA nor ECDSA", nameof(key)),
        };
        if (names.Count > 0)
        {
            request.CertificateExtensions.Add(ServerNames.ToExtension(names));
        }

        return new SigningRequest(request.CreateSigningRequest());
    }

    /// <summary>Reads a request and verifies its signature.</summary>
    /// <param name="der">DER.</param>
    /// <exception cref="CryptographicException">It is malformed, or for nothing that there are certificates for.</exception>
    public static SigningRequest Parse(byte[] der)
    {
        try
        {
            return new SigningRequest(der);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new CryptographicException("it is of a kind that is not known here", e);
        }
    }

    /// <summary>Reads a file in PEM.</summary>
    /// <exception cref="UserErrorException">It cannot be read or is not acceptable.</exception>
    public static SigningRequest Load(string path)
    {
        try
        {
            string text = new FileInfo(path).Length <= MaxLength ? File.ReadAllText(path) : string.Empty;
            return PemEncoding.TryFind(text, out PemFields fields) && text[fields.Label] == PemLabel
                ? Parse(Convert.FromBase64String(text[fields.Base64Data]))
                : throw new CryptographicException($"it holds no signing request in PEM ('-----BEGIN {PemLabel}-----')");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read the signing request '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    /// <summary>The request in PEM.</summary>
    public string ToPem() => PemEncoding.WriteString(PemLabel, Der) + "\n";

    private static CertificateRole RoleOf(X500DistinguishedName subject)
    {
        string? name = subject.EnumerateRelativeDistinguishedNames().ToArray() is [{ HasMultipleElements: false } only]
            && only.GetSingleElementType().Value == CommonName
                ? only.GetSingleElementValue()
                : null;
        return name is not null && CertificateRole.Find(name) is { } role
            ? role
            : throw new CryptographicException("its name is none of orchestrator, worker, node-<id> and nodes-<first>-<last>");
    }

    private static void RequireKey(PublicKey key)
    {
        using RSA? rsa = key.Oid.Value == RsaOid ? key.GetRSAPublicKey() : null;
        using ECDsa? ecdsa = key.Oid.Value == EcOid ? key.GetECDsaPublicKey() : null;
        if (ecdsa is null && rsa is not { KeySize: >= MinRsaBits })
        {
            throw new CryptographicException($"its key is neither ECDSA nor RSA of {MinRsaBits} bits at least");
        }
    }

    private static IReadOnlyList<string> RequireNames(IReadOnlyList<string> names) => names.All(ServerNames.IsValid)
        ? names
        : throw new CryptographicException("a name that it asks for is no host name and no address");
}
