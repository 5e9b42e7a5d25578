using TraversalLearning.Files;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// Files of a run that come in pieces over the wire. They stand aside until all of a set are there, and then take their places at once: whoever
/// looks at the folder sees a whole checkpoint or none, and results only when all of them have come.
/// </summary>
/// <param name="folder">The run's.</param>
/// <param name="maxBytes">The most that one set may have.</param>
internal sealed class StagedFiles(string folder, long maxBytes)
{
    // Begins with a point: no name from the wire does.
    private const string StageName = ".incoming";

    private readonly string _stage = Path.Combine(folder, StageName);
    private long _bytes;

    /// <summary>Begins anew: whatever stood aside is deleted.</summary>
    /// <exception cref="IOException">It cannot be.</exception>
    public void Clear()
    {
        _bytes = 0;
        if (Directory.Exists(_stage))
        {
            Directory.Delete(_stage, recursive: true);
        }
    }

    /// <summary>Takes a piece; the pieces of a file come in order.</summary>
    /// <returns>Whether the file is complete.</returns>
    /// <exception cref="IOException">It cannot be written, or is no piece that may come here.</exception>
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

    /// <summary>Gives a folder that stands aside its place; one that is there already stays.</summary>
    /// <exception cref="IOException">It cannot be.</exception>
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

    /// <summary>Gives every file that stands aside its place; one that is there already is replaced.</summary>
    /// <param name="last">The one that says that the others are complete.</param>
    /// <exception cref="IOException">It cannot be.</exception>
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
