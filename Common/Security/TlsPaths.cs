using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>The files of TLS.</summary>
/// <param name="Certificate"><c>--tls_cert</c>.</param>
/// <param name="Key"><c>--tls_key</c>; there if and only if <paramref name="Certificate"/> is.</param>
/// <param name="Authority"><c>--tls_ca</c>.</param>
/// <param name="Revoked"><c>--tls_crl</c>.</param>
public sealed record TlsPaths(string? Certificate, string? Key, string? Authority, string? Revoked)
{
    /// <summary>Reads the files.</summary>
    /// <exception cref="UserErrorException">One of them cannot be used.</exception>
    internal TlsMaterial Read() => new(
        Certificate is null ? null : TlsIdentity.Load(Certificate, Key!), Authority is null ? null : TrustedAuthority.Load(Authority, Revoked));

    /// <summary>Changes with every change of a file.</summary>
    internal string ReadStamp() => string.Join(' ', new[] { Certificate, Key, Authority, Revoked }.Select(StampOf));

    private static string StampOf(string? path)
    {
        if (path is null)
        {
            return "-";
        }

        try
        {
            // Links are followed: certificates are often deployed by switching one.
            var file = new FileInfo(path);
            FileSystemInfo target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true } there ? $"{there.FullName}:{there.Length}:{there.LastWriteTimeUtc.Ticks}" : "none";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }
}
