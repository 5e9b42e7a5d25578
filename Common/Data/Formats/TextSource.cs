using System.IO.Compression;

namespace TraversalLearning.Data.Formats;

/// <summary>The bytes of a text file, inflated if gzipped. Records how the file ends.</summary>
internal sealed class TextSource : Stream
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly Stream _content;
    private long _length;
    private byte _last = (byte)'\n';
    private bool _ended;

    private TextSource(string path, FileStream file)
    {
        _path = path;
        _file = file;
        _content = GzipFile.Is(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Whether the file was read to its end and does not end with a newline.</summary>
    public bool EndsWithinLine => _ended && _last is not ((byte)'\n' or (byte)'\r');

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a file; gzip is detected by the first bytes, not the name.</summary>
    public static TextSource Open(string path)
    {
        FileStream file = RowFile.Open(path);
        try
        {
            return new TextSource(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = _content.Read(buffer);
        if (read > 0)
        {
            _last = buffer[read - 1];
            _length += read;
        }
        else if (buffer.Length > 0 && !_ended)
        {
            _ended = true;
            if (_content != _file)
            {
                GzipFile.RequireWhole(_path, _file, _length);
            }
        }

        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
