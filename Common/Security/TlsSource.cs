using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>
/// Certificates that are read anew when their files change. Files that cannot be used, such as a certificate whose key has not been
/// copied yet, leave the previous ones in force.
/// </summary>
public sealed class TlsSource
{
    private readonly TlsPaths? _paths;
    private readonly Lock _lock = new();
    private string _stamp = string.Empty;
    private TlsMaterial _current;

    /// <summary>Certificates that never change.</summary>
    public TlsSource(TlsMaterial material) => _current = material;

    private TlsSource(TlsPaths paths)
    {
        _paths = paths;
        _stamp = paths.ReadStamp();
        _current = paths.Read();
    }

    /// <summary>The files; <see langword="null"/> for certificates that never change.</summary>
    internal TlsPaths? Paths => _paths;

    /// <summary>What new connections use.</summary>
    public TlsMaterial Current => Volatile.Read(ref _current);

    /// <summary>Reads files.</summary>
    /// <exception cref="UserErrorException">One of them cannot be used.</exception>
    public static TlsSource Open(TlsPaths paths) => new(paths);

    /// <summary>Reads the files anew if one has changed since.</summary>
    public void Refresh(ILogger log)
    {
        if (_paths is null)
        {
            return;
        }

        lock (_lock)
        {
            // The stamp is taken first: a change while the files are read is seen next time.
            string stamp = _paths.ReadStamp();
            if (!string.Equals(stamp, _stamp, StringComparison.Ordinal))
            {
                _stamp = stamp;
                Replace(log);
            }
        }
    }

    private void Replace(ILogger log)
    {
        try
        {
            TlsMaterial read = _paths!.Read();
            RequireNotOlder(read.Authority?.Revoked, _current.Authority?.Revoked);
            Volatile.Write(ref _current, read);
            log.CertificatesRead(Describe(read));
        }
        catch (UserErrorException e)
        {
            log.CertificatesKept(e.Message);
        }
    }

    private static void RequireNotOlder(RevocationList? read, RevocationList? current)
    {
        if (read is not null && current is not null && read.Number < current.Number)
        {
            throw new UserErrorException(ExitCode.Usage, $"--tls_crl: list {read.Number} is older than {current.Number}, which is in force");
        }
    }

    private static string Describe(TlsMaterial material) => string.Join(
        ", ",
        new[]
        {
            material.Identity is { Certificate: X509Certificate2 own } ? $"this side's is valid until {CertificateProblem.Text(own.NotAfter)}" : null,
            material.Authority?.Revoked is { } revoked ? $"{revoked.Count} are revoked" : null,
        }.Where(t => t is not null));
}
