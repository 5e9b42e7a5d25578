using System.Security.Cryptography;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>
/// A folder for a private key and the certificate that is issued for it. Until the certificate is there, the key waits in a hidden
/// folder beside it, so that an interrupted enrolment leaves no folder that looks complete, and the next one goes on with the same
/// key.
/// </summary>
public sealed class KeyFolder
{
    private const string PemLabel = "PRIVATE KEY";

    private readonly string _pending;
    private readonly string _baseName;

    private KeyFolder(string path, string baseName)
    {
        Path = path;
        _baseName = baseName;
        _pending = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $".{System.IO.Path.GetFileName(path)}.enrolling");
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    private string PendingKey => System.IO.Path.Combine(_pending, $"{_baseName}.key");

    /// <summary>A folder that does not exist yet.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="baseName">Name of the key and certificate files, without extension.</param>
    /// <exception cref="UserErrorException">It exists.</exception>
    public static KeyFolder At(string path, string baseName)
    {
        string full = System.IO.Path.GetFullPath(System.IO.Path.TrimEndingDirectorySeparator(path));
        return Directory.Exists(full) || File.Exists(full)
            ? throw new UserErrorException(ExitCode.Usage, $"'{path}' is there already; choose another name, or remove it to enroll anew")
            : new KeyFolder(full, baseName);
    }

    /// <summary>The key that waits for a certificate, made now if there is none.</summary>
    /// <exception cref="UserErrorException">It cannot be written or read.</exception>
    public ECDsa OpenKey()
    {
        try
        {
            PrivateFiles.CreateFolder(_pending);
            if (!File.Exists(PendingKey))
            {
                using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                ReplacedFile.Write(PendingKey, System.Text.Encoding.ASCII.GetBytes(PemEncoding.WriteString(PemLabel, made.ExportPkcs8PrivateKey()) + "\n"));
            }

            return ReadKey();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    /// <summary>The key that waits for a certificate.</summary>
    /// <exception cref="UserErrorException">There is none, or it cannot be read.</exception>
    public ECDsa ReadKey()
    {
        if (!File.Exists(PendingKey))
        {
            throw new UserErrorException(ExitCode.Usage, $"no key waits for a certificate at '{Path}'; make a request first, with --request");
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(System.Text.Encoding.ASCII.GetString(SecretFile.Read(PendingKey, "the key")));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new UserErrorException(ExitCode.Usage, $"'{PendingKey}' is damaged; remove '{_pending}' and enroll anew", e);
        }
    }

    /// <summary>Writes the certificate and what belongs to it; from then on the folder is there.</summary>
    /// <param name="issued">What the CA issued.</param>
    /// <param name="token">The secret of orchestrator and nodes; empty if there is none.</param>
    /// <param name="finish">Writes further files into the folder that it is given.</param>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Complete(IssuedFiles issued, ReadOnlySpan<byte> token, Action<string>? finish = null)
    {
        try
        {
            issued.WriteTo(_pending, _baseName);
            if (token.Length > 0)
            {
                ReplacedFile.Write(System.IO.Path.Combine(_pending, "token"), token);
            }

            finish?.Invoke(_pending);
            PrivateFiles.FlushFolder(_pending);
            Directory.Move(_pending, Path);
            PrivateFiles.FlushFolder(System.IO.Path.GetDirectoryName(Path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private UserErrorException Unwritable(Exception e) => new(ExitCode.Usage, $"cannot write '{Path}': {FileError.ReasonOf(Path, e)}", e);
}
