using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>A certificate that a CA issued.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="IsRevoked">Whether it is on the list of revoked ones.</param>
internal sealed record IssuedCertificate(X509Certificate2 Certificate, bool IsRevoked)
{
    /// <summary>The common name.</summary>
    public string Name => Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    public string Serial => Certificate.SerialNumber;

    /// <summary>What it is for; <see langword="null"/> for a name that is not given any more.</summary>
    public CertificateRole? Role => CertificateRole.Find(Name);

    public DateTimeOffset Until => CertificatePeriod.EndOf(Certificate);

    /// <summary>Reads the copy of a certificate.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static IssuedCertificate Load(string path, RevocationList revoked)
    {
        try
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            return new IssuedCertificate(certificate, revoked.Has(certificate.SerialNumberBytes.Span));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    /// <summary>Whether it is for the same key as another one.</summary>
    public bool HasKeyOf(IssuedCertificate other) =>
        Certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(other.Certificate.PublicKey.ExportSubjectPublicKeyInfo());
}
