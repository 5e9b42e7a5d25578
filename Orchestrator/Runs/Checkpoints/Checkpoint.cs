using System.Security.Cryptography;
using TraversalLearning.Files;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A checkpoint on disk: a folder of files, and a manifest with their hashes.</summary>
internal sealed record Checkpoint(string Path, CheckpointManifest Manifest)
{
    // 100,000 nodes with a fingerprint each take some ten million bytes.
    private const long MaxManifestLength = 64 << 20;

    /// <summary>Creates the folder with all its files, flushed to disk; the manifest last.</summary>
    /// <param name="path">A folder that does not exist yet.</param>
    /// <param name="manifest">Without its list of files.</param>
    /// <param name="writeFiles">Writes the other files, durably, to the given folder.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="IOException">The checkpoint cannot be written.</exception>
    public static async Task WriteAsync(string path, CheckpointManifest manifest, Func<string, CancellationToken, Task> writeFiles, CancellationToken cancellationToken)
    {
        PrivateFiles.CreateFolder(path);
        await writeFiles(path, cancellationToken);
        CheckpointFile[] files = [.. Directory.GetFiles(path).Order(StringComparer.Ordinal).Select(Describe)];
        PrivateFiles.WriteDurably(System.IO.Path.Combine(path, CheckpointManifest.FileName), (manifest with { Files = files }).ToBytes());
        PrivateFiles.FlushFolder(path);
    }

    /// <summary>Reads the manifest and verifies every file against it.</summary>
    /// <exception cref="CheckpointException">A file is missing or altered.</exception>
    public static Checkpoint Read(string path)
    {
        string manifestPath = System.IO.Path.Combine(path, CheckpointManifest.FileName);
        try
        {
            if (new FileInfo(manifestPath) is { Exists: true, Length: > MaxManifestLength })
            {
                throw new CheckpointException(manifestPath, "is too long for a manifest");
            }

            CheckpointManifest manifest = CheckpointManifest.Parse(manifestPath, File.ReadAllBytes(manifestPath));
            foreach (CheckpointFile expected in manifest.Files)
            {
                string file = System.IO.Path.Combine(path, expected.Name);
                long length = new FileInfo(file).Length;
                if (length != expected.Length)
                {
                    throw new CheckpointException(file, $"has {length} bytes instead of {expected.Length}");
                }

                if (Describe(file) != expected)
                {
                    throw new CheckpointException(file, "is damaged: its SHA-256 is not that of the manifest");
                }
            }

            return new Checkpoint(path, manifest);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException((e as FileNotFoundException)?.FileName ?? path, "is missing", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, FileError.ReasonOf(path, e), e);
        }
    }

    private static CheckpointFile Describe(string path)
    {
        using FileStream file = File.OpenRead(path);
        return new CheckpointFile(System.IO.Path.GetFileName(path), file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }
}
