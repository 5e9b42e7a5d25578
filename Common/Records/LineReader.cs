namespace TraversalLearning.Records;

/// <summary>Reads a file line by line, in little memory however long it is.</summary>
/// <param name="stream">The file; read from its position.</param>
internal sealed class LineReader(Stream stream)
{
    // Far longer than any line of a record; what is longer comes in pieces.
    private const int MaxLength = 1 << 20;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Position behind the last line.</summary>
    public long Position { get; private set; }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end; valid until the next call.</param>
    /// <param name="isWhole">Whether it has an end.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line, out bool isWhole)
    {
        int searched = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            int length = rest[searched..].IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = rest[..(searched + length)];
                isWhole = true;
                Advance(line.Length + 1);
                return true;
            }

            searched = rest.Length;
            if (searched >= MaxLength || !Fill())
            {
                line = rest;
                isWhole = false;
                Advance(rest.Length);
                return rest.Length > 0;
            }
        }
    }

    private void Advance(int count)
    {
        _start += count;
        Position += count;
    }

    private bool Fill()
    {
        if (_end == _buffer.Length)
        {
            byte[] target = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _end, _start) = (target, _end - _start, 0);
        }

        int read = stream.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}
