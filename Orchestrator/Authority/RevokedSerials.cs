using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>The list of revoked certificates of a CA, in the file that orchestrators and nodes get.</summary>
/// <param name="folder">The CA's folder.</param>
/// <param name="signer">The CA's certificate with its key.</param>
/// <param name="validity">How long a list is valid.</param>
/// <param name="time">The clock.</param>
internal sealed class RevokedSerials(string folder, X509Certificate2 signer, TimeSpan validity, TimeProvider time)
{
    /// <summary>The file.</summary>
    public string FilePath => Path.Combine(folder, "revoked.crl");

    /// <summary>The signed list, DER; made anew if half of its time is over. The caller holds the <see cref="AuthorityLock"/>.</summary>
    /// <exception cref="UserErrorException">It cannot be read or written.</exception>
    public byte[] ReadList() => Guard(() =>
    {
        byte[] der = ReadFile();
        RevocationList list = Parse(der);
        return list.Until - time.GetUtcNow() < validity / 2 ? Write(CertificateRevocationListBuilder.Load(der, out BigInteger number), number + 1) : der;
    });

    /// <summary>The list, read.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public RevocationList Read() => Guard(() => Parse(ReadFile()));

    /// <summary>Revokes certificates and writes the new list. The caller holds the <see cref="AuthorityLock"/>.</summary>
    /// <exception cref="UserErrorException">The list cannot be read or written.</exception>
    public void Add(IEnumerable<IssuedCertificate> certificates) => Guard(() =>
    {
        var builder = CertificateRevocationListBuilder.Load(ReadList(), out BigInteger number);
        foreach (IssuedCertificate each in certificates)
        {
            builder.AddEntry(each.Certificate, time.GetUtcNow());
        }

        return Write(builder, number + 1);
    });

    private byte[] ReadFile() => File.Exists(FilePath)
        ? RevocationList.ToDer(File.ReadAllBytes(FilePath))
        : Write(new CertificateRevocationListBuilder(), BigInteger.One);

    private RevocationList Parse(byte[] der) => RevocationList.Parse(der, [signer], DateTimeOffset.MinValue);

    private byte[] Write(CertificateRevocationListBuilder builder, BigInteger number)
    {
        DateTimeOffset now = time.GetUtcNow();
        byte[] der = builder.Build(signer, number, now + validity, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, now);
        ReplacedFile.Write(FilePath, Encoding.ASCII.GetBytes(RevocationList.ToPem(der)));
        return der;
    }

    private T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.Usage, $"the list of revoked certificates '{FilePath}': {FileError.ReasonOf(FilePath, e)}", e);
        }
    }
}
