using System.Text;
using TraversalLearning.Files;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>A text file that grows by whole lines. What cannot be written, a disk being full, is kept and tried again.</summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly FileStream _file;
    private readonly StringBuilder _pending = new();
    private long _written;

    private AppendedFile(FileStream file)
    {
        _file = file;
        _written = file.Length;
    }

    /// <summary>How many characters are in memory only.</summary>
    public int Pending => _pending.Length;

    /// <summary>Opens a file; a new one gets the user's own rights.</summary>
    /// <param name="path">Which.</param>
    /// <param name="mode">Whether what is there is kept.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static AppendedFile Open(string path, FileMode mode) => new(PrivateFiles.Open(path, mode, bufferSize: 0));

    /// <summary>Adds a line, in memory.</summary>
    /// <param name="line">Without its end.</param>
    public void Add(string line) => _pending.Append(line).Append('\n');

    /// <summary>Writes the lines that are not in the file yet.</summary>
    /// <exception cref="IOException">They cannot be written; the next call tries again.</exception>
    public void Flush()
    {
        if (_pending.Length == 0)
        {
            return;
        }

        // A try that failed may have left a part of a line.
        _file.SetLength(_written);
        _file.Position = _written;
        byte[] lines = Encoding.UTF8.GetBytes(_pending.ToString());
        _file.Write(lines);
        _written += lines.Length;
        _pending.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
