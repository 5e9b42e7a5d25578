using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>Reads certificates in PEM.</summary>
internal static class PemCertificates
{
    /// <summary>Reads all certificates of a file, in order.</summary>
    /// <exception cref="UserErrorException">The file cannot be read or contains no certificate.</exception>
    public static X509Certificate2Collection Load(string path, string flag)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.Usage, $"{flag}: cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }

        return certificates.Count > 0
            ? certificates
            : throw new UserErrorException(ExitCode.Usage, $"{flag}: '{path}' holds no certificate in PEM ('-----BEGIN CERTIFICATE-----')");
    }
}
