using System.IO.Compression;

namespace TraversalLearning.Data.Formats;

/// <summary>The bytes of an IDX file, inflated if gzipped. Owns the file handle.</summary>
internal sealed class IdxSource : IDisposable
{
    private const int FirstChunk = 1 << 16;

    private readonly string path;
    private readonly FileStream file;
    private readonly Stream content;
    private long position;

    private IdxSource(string path, FileStream file, Stream content)
    {
        this.path = path;
        this.file = file;
        this.content = content;
    }

    private bool IsGzip => content != file;

    /// <summary>Opens a file; gzip is detected by the first bytes, not the name.</summary>
    public static IdxSource Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new IdxSource(path, stream, GzipFile.Is(stream) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads <paramref name="count"/> bytes, or fewer at the end of the file.</summary>
    public byte[] ReadUpTo(int count)
    {
        byte[] bytes = new byte[count];
        int read = content.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        position += read;
        return bytes[..read];
    }

    /// <summary>Reads exactly <paramref name="size"/> bytes, after which the file must end.</summary>
    public byte[] ReadRest(int size)
    {
        byte[] bytes = IsGzip ? ReadGrowing(size) : ReadPlain(size);
        position += size;
        if (content.ReadByte() >= 0)
        {
            throw new DataException(path, $"has bytes after the {size} that its header claims");
        }

        if (IsGzip)
        {
            GzipFile.RequireWhole(path, file, position);
        }

        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        content.Dispose();
        file.Dispose();
    }

    private byte[] ReadPlain(int size)
    {
        long remains = file.Length - position;
        if (remains < size)
        {
            throw Truncated(size, remains);
        }

        byte[] bytes = new byte[size];
        file.ReadExactly(bytes);
        return bytes;
    }

    // A gzip file's size is known only after inflating it: the array grows with the bytes actually read.
    private byte[] ReadGrowing(int size)
    {
        byte[] bytes = new byte[Math.Min(size, FirstChunk)];
        int filled = 0;
        while (filled < size)
        {
            if (filled == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(size, 2L * bytes.Length));
            }

            int read = content.Read(bytes, filled, bytes.Length - filled);
            if (read == 0)
            {
                throw Truncated(size, filled);
            }

            filled += read;
        }

        return bytes;
    }

    private DataException Truncated(int size, long remains) =>
        new(path, $"truncated: {remains} of the {size} bytes that its header claims");
}
