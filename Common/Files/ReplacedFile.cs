namespace TraversalLearning.Files;

/// <summary>
/// A file that is written whole: beside its place, with the user's own rights, and renamed. Who reads the path finds the whole file, the one that was there before, or none. A link is
/// followed: the file that it names is replaced, and it stays. A device or a pipe is written into.
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

    /// <summary>Where its content goes; unbuffered.</summary>
    public Stream Content => _file;

    /// <summary>Begins a file; nothing is at its place before <see cref="Commit"/>.</summary>
    /// <exception cref="IOException">It cannot be made, or nobody reads the pipe.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
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

    /// <summary>Flushes the content to the disk and puts it in its place.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be put there.</exception>
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

    /// <summary>Leaves nothing beside the place.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_temporary is not null)
        {
            // Not there any more if it has been put in its place.
            File.Delete(_temporary);
        }
    }
}
