using System.Runtime.CompilerServices;
using System.Text;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>The lines of a file that grows: those that are there, then each as it is written. It need not be there yet.</summary>
/// <param name="path">The file.</param>
/// <param name="interval">How often it is looked at.</param>
internal sealed class FileFollower(string path, TimeSpan interval)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly MemoryStream _line = new();
    private long _position;

    /// <summary>The lines, until it is cancelled; <see langword="null"/> whenever there is none at the moment.</summary>
    public async IAsyncEnumerable<string?> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (string line in ReadNew())
            {
                yield return line;
            }

            yield return null;
            await Task.Delay(interval, cancellationToken);
        }
    }

    private IEnumerable<string> ReadNew()
    {
        using FileStream? file = TryOpen();
        if (file is null)
        {
            yield break;
        }

        if (file.Length < _position)
        {
            // It was begun anew, or a line that could not be written whole was taken back.
            _position = file.Length;
            _line.SetLength(0);
        }

        file.Position = _position;
        int read;
        while ((read = file.Read(_buffer)) > 0)
        {
            _position += read;
            int start = 0;
            for (int end; (end = Array.IndexOf(_buffer, (byte)'\n', start, read - start)) >= 0; start = end + 1)
            {
                _line.Write(_buffer, start, end - start);
                yield return Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length);
                _line.SetLength(0);
            }

            _line.Write(_buffer, start, read - start);
        }
    }

    private FileStream? TryOpen()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
