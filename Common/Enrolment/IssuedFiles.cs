using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>What a CA gives for a signing request. One file carries all of it: the certificate, the CA's certificate, the list of revoked ones.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Authority">The CA's certificate.</param>
/// <param name="Revoked">The CA's list of revoked certificates, DER; empty if there is none.</param>
public sealed record IssuedFiles(X509Certificate2 Certificate, X509Certificate2 Authority, byte[] Revoked)
{
    private const int MaxLength = 2 * 1024 * 1024;

    /// <summary>Reads a carried file.</summary>
    /// <exception cref="UserErrorException">It cannot be read or is incomplete.</exception>
    public static IssuedFiles Load(string path)
    {
        try
        {
            string text = new FileInfo(path).Length <= MaxLength ? File.ReadAllText(path) : string.Empty;
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(text);
            return certificates is [var certificate, var authority]
                ? new IssuedFiles(certificate, authority, FindRevoked(text))
                : throw new CryptographicException("it does not hold a certificate and that of its CA, as 'Orchestrator ca sign' writes them");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    /// <summary>All in one, in PEM.</summary>
    public string ToPem() =>
        $"{Certificate.ExportCertificatePem()}\n{Authority.ExportCertificatePem()}\n{(Revoked.Length > 0 ? RevocationList.ToPem(Revoked) : string.Empty)}";

    /// <summary>Checks that this is the certificate that was asked for.</summary>
    /// <param name="key">The public key of the request.</param>
    /// <param name="role">The role of the request.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="PeerAuthenticationException">It is not; the message says why.</exception>
    public void Require(PublicKey key, CertificateRole role, DateTimeOffset now)
    {
        string? problem = !Certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())
            ? "it is for another key than that of this request"
            : role.ClientNames.FirstOrDefault(n => !NodeCertificate.IsFor(Certificate, n)) is { } missing ? $"it is not for '{missing}'"
            : ChainProblem(role, now);
        if (problem is not null)
        {
            throw new PeerAuthenticationException($"the certificate that the CA issued is not accepted: {problem}");
        }
    }

    /// <summary>Writes the files, of which the certificate is the last.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="baseName">Name of the certificate, without extension.</param>
    public void WriteTo(string folder, string baseName)
    {
        Write("ca.pem", Authority.ExportCertificatePem() + "\n");
        if (Revoked.Length > 0)
        {
            Write("revoked.crl", RevocationList.ToPem(Revoked));
        }

        Write($"{baseName}.pem", Certificate.ExportCertificatePem() + "\n");

        void Write(string name, string text) => ReplacedFile.Write(Path.Combine(folder, name), Encoding.ASCII.GetBytes(text));
    }

    private static byte[] FindRevoked(string text)
    {
        for (int start = 0; PemEncoding.TryFind(text.AsSpan(start), out PemFields fields); start += fields.Location.End.Value)
        {
            if (text.AsSpan(start)[fields.Label].SequenceEqual("X509 CRL"))
            {
                return Convert.FromBase64String(text[start..][fields.Base64Data]);
            }
        }

        return [];
    }

    private string? ChainProblem(CertificateRole role, DateTimeOffset now)
    {
        try
        {
            X509Certificate2Collection roots = [Authority];
            var trusted = new TrustedAuthority(roots, Revoked.Length > 0 ? RevocationList.Parse(Revoked, roots, now) : null);
            return trusted.ProblemOf(Certificate, role.IsServer ? KeyUsages.Server : KeyUsages.Client);
        }
        catch (CryptographicException e)
        {
            return $"the list of revoked certificates: {e.Message}";
        }
    }
}
