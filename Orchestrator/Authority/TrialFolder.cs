using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>All keys of a trial on one machine, in one folder with their CA. What is there already is kept.</summary>
/// <param name="authority">The CA.</param>
/// <param name="report">Called with the path of each file that was made.</param>
internal sealed class TrialFolder(CertificateAuthority authority, Action<string> report)
{
    private const int TokenBytes = 32;

    private string Folder => authority.Folder;

    /// <summary>Whether a certificate is there.</summary>
    public static bool Has(string folder, CertificateRole role) => File.Exists(Path.Combine(folder, $"{role.Name}.pem"));

    /// <summary>Makes the key and the certificate of a role, unless its certificate is there.</summary>
    public void Add(CertificateRole role, IReadOnlyList<string> names)
    {
        if (Has(Folder, role))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 issued = authority.Issue(role, names, new PublicKey(key));
        CertificateAuthority.Write(Path.Combine(Folder, $"{role.Name}.key"), PemEncoding.WriteString("PRIVATE KEY", key.ExportPkcs8PrivateKey()));
        string path = Path.Combine(Folder, $"{role.Name}.pem");
        CertificateAuthority.Write(path, issued.ExportCertificatePem());
        report(path);
    }

    /// <summary>Makes the token of orchestrator and nodes, unless it is there.</summary>
    public void AddToken()
    {
        string path = Path.Combine(Folder, "token");
        if (!File.Exists(path))
        {
            ReplacedFile.Write(path, Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(2 * TokenBytes, lowercase: true) + "\n"));
            report(path);
        }
    }
}
