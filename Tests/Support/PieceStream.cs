namespace TraversalLearning.Tests.Support;

/// <summary>Bytes that come in pieces, as from a socket: each read gives what is left of one piece at most. Completes synchronously.</summary>
internal sealed class PieceStream(params ReadOnlyMemory<byte>[] pieces) : SequentialStream
{
    private int _piece;
    private int _at;

    public override bool CanWrite => false;

    /// <summary>These bytes, one at a time.</summary>
    public static PieceStream ByteByByte(byte[] bytes) =>
        new([.. Enumerable.Range(0, bytes.Length).Select(i => (ReadOnlyMemory<byte>)bytes.AsMemory(i, 1))]);

    /// <summary>These bytes in two pieces.</summary>
    public static PieceStream SplitAt(byte[] bytes, int offset) => new(bytes.AsMemory(0, offset), bytes.AsMemory(offset));

    public override int Read(Span<byte> buffer)
    {
        while (_piece < pieces.Length && _at == pieces[_piece].Length)
        {
            _piece++;
            _at = 0;
        }

        if (_piece == pieces.Length)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = pieces[_piece].Span[_at..];
        int count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
