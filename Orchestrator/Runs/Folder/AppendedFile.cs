using System.Text;
using TraversalLearning.Files;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// A text file appended to by whole lines. Lines that cannot be written, such as on a full disk, are kept and retried.
/// </summary>
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

    /// <summary>Number of characters not yet written.</summary>
    public int Pending => _pending.Length;

    /// <summary>Opens a file; a new one is accessible to its owner only.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">Whether existing content is kept.</param>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static AppendedFile Open(string path, FileMode mode) => new(PrivateFiles.Open(path, mode, bufferSize: 0));

    /// <summary>Appends a line in memory.</summary>
    /// <param name="line">Without line terminator.</param>
    public void Add(string line) => _pending.Append(line).Append('\n');

    /// <summary>Writes pending lines to the file.</summary>
    /// <exception cref="IOException">The lines cannot be written; the next call retries.</exception>
    public void Flush()
    {
        if (_pending.Length == 0)
        {
            return;
        }

        // A failed attempt may have left a partial line.
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
