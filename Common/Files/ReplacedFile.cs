namespace TraversalLearning.Files;

/// <summary>
/// A file that is replaced atomically: written to a private temporary file beside it, then renamed. A reader finds the complete
/// new file, the previous one, or none. A link is followed: its target is replaced, and the link stays. Devices and pipes are
/// written to directly.
/// </summary>
public sealed class ReplacedFile : IDisposable
{
    private readonly string _target;
    private readonly string? _temporary;
    private readonly FileStream _file;

    private ReplacedFile(string target, string? temporary, FileStream file)
    {
        _target = target;
        _temporary = temporary;
        _file = file;
    }

    /// <summary>The stream to write to; unbuffered.</summary>
    public Stream Content => _file;

    /// <summary>Starts writing; the destination is unchanged until <see cref="Commit"/>.</summary>
    /// <exception cref="IOException">The file cannot be created, or the pipe has no reader.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission to create the file is denied.</exception>
    public static ReplacedFile Create(string path)
    {
        string target = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        if (Directory.Exists(target))
        {
            throw new IOException("it is a folder");
        }

        if (FileKind.IsSpecial(target))
        {
            return new ReplacedFile(target, null, PrivateFiles.OpenSpecial(target));
        }

        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        return new ReplacedFile(target, temporary, PrivateFiles.Open(temporary, FileMode.CreateNew, bufferSize: 0));
    }

    /// <summary>Writes a file.</summary>
    /// <inheritdoc cref="Create"/>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = Create(path);
        file.Content.Write(content);
        file.Commit();
    }

    /// <summary>Flushes the content to the disk and replaces the destination.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Permission to replace the destination is denied.</exception>
    public void Commit()
    {
        if (_temporary is null)
        {
            _file.Dispose();
            return;
        }

        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_temporary, _target, overwrite: true);
    }

    /// <summary>Deletes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_temporary is not null)
        {
            // Already gone after a commit.
            File.Delete(_temporary);
        }
    }
}
