using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>A certificate with its private key and intermediate certificates.</summary>
public sealed class TlsIdentity
{
    /// <summary>Creates an identity from certificates in memory.</summary>
    /// <param name="certificate">The certificate, with its private key.</param>
    /// <param name="intermediates">Certificates between it and the CA.</param>
    public TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection? intermediates = null)
    {
        Certificate = certificate;

        // Offline: missing intermediates are not downloaded.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    /// <summary>The certificate.</summary>
    public X509Certificate2 Certificate { get; }

    internal SslStreamCertificateContext Context { get; }

    /// <summary>Loads <c>--tls_cert</c> and <c>--tls_key</c>.</summary>
    /// <exception cref="UserErrorException">A file cannot be read, others can read the key, the two do not match, or the certificate is not valid now.</exception>
    public static TlsIdentity Load(string certificatePath, string keyPath)
    {
        string key = Encoding.UTF8.GetString(SecretFile.Read(keyPath, "--tls_key"));
        X509Certificate2Collection chain = PemCertificates.Load(certificatePath, "--tls_cert");
        RequireValidNow(chain[0], certificatePath);
        try
        {
            using X509Certificate2 withKey = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), key);

            // Windows requires keys to pass through PKCS#12; on other systems this changes nothing.
            X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
            chain.RemoveAt(0);
            return new TlsIdentity(certificate, chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.Usage, $"--tls_key: '{keyPath}' is not the private key, in PEM and not encrypted, of '{certificatePath}'", e);
        }
    }

    private static void RequireValidNow(X509Certificate2 certificate, string path)
    {
        if (CertificateProblem.OfPeriod(certificate, DateTime.UtcNow) is { } problem)
        {
            throw new UserErrorException(ExitCode.Usage, $"--tls_cert: '{path}' {problem}");
        }
    }
}
