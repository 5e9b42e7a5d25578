using TraversalLearning.Files;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// Receives files of a run in pieces. A set of files is staged until complete and then moved into place, so that
/// readers see either a whole checkpoint or none, and results only when all have arrived.
/// </summary>
/// <param name="folder">The run folder.</param>
/// <param name="maxBytes">Maximum total size of a set.</param>
internal sealed class StagedFiles(string folder, long maxBytes)
{
    // Starts with a dot, which names from the wire never do.
    private const string StageName = ".incoming";

    private readonly string _stage = Path.Combine(folder, StageName);
    private long _bytes;

    /// <summary>Deletes all staged files.</summary>
    /// <exception cref="IOException">The files cannot be deleted.</exception>
    public void Clear()
    {
        _bytes = 0;
        if (Directory.Exists(_stage))
        {
            Directory.Delete(_stage, recursive: true);
        }
    }

    /// <summary>Adds a piece; pieces of a file arrive in order.</summary>
    /// <returns>Whether the file is complete.</returns>
    /// <exception cref="IOException">The piece cannot be written, or is invalid here.</exception>
    public bool Add(RunFile piece)
    {
        if (!RunPaths.IsSafe(piece.Name))
        {
            throw new IOException($"'{piece.Name}' is no name of a file of a run");
        }

        _bytes += piece.Data.Length;
        if (piece.Size > maxBytes || _bytes > maxBytes || piece.Data.Length > piece.Size - piece.Offset)
        {
            throw new IOException($"'{piece.Name}' is larger than it may be");
        }

        string path = Path.Combine(_stage, piece.Name);
        PrivateFiles.CreateFolder(Path.GetDirectoryName(path)!);
        using FileStream file = PrivateFiles.Open(path, piece.Offset == 0 ? FileMode.Create : FileMode.Append);
        if (file.Position != piece.Offset)
        {
            throw new IOException($"a piece of '{piece.Name}' came out of order");
        }

        file.Write(piece.Data);
        bool isWhole = file.Position == piece.Size;
        if (isWhole)
        {
            file.Flush(flushToDisk: true);
        }

        return isWhole;
    }

    /// <summary>Moves a staged folder into place, unless it already exists.</summary>
    /// <exception cref="IOException">The folder cannot be moved.</exception>
    public void PlaceFolder(string name)
    {
        string target = Path.Combine(folder, name);
        string parent = Path.GetDirectoryName(target)!;
        PrivateFiles.CreateFolder(parent);
        if (!Directory.Exists(target))
        {
            Directory.Move(Path.Combine(_stage, name), target);
            PrivateFiles.FlushFolder(parent);
        }

        Clear();
    }

    /// <summary>Moves all staged files into place, replacing existing ones.</summary>
    /// <param name="last">The file moved last, whose presence marks the others as complete.</param>
    /// <exception cref="IOException">A file cannot be moved.</exception>
    public void PlaceFiles(string last)
    {
        if (!Directory.Exists(_stage))
        {
            return;
        }

        foreach (string path in Directory.EnumerateFiles(_stage, "*", SearchOption.AllDirectories).OrderBy(p => Path.GetFileName(p) == last))
        {
            string target = Path.Combine(folder, Path.GetRelativePath(_stage, path));
            PrivateFiles.CreateFolder(Path.GetDirectoryName(target)!);
            File.Move(path, target, overwrite: true);
        }

        PrivateFiles.FlushFolder(folder);
        Clear();
    }
}
