using System.Buffers;
using System.Diagnostics;
using System.IO.Hashing;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>
/// Reads frames from a stream. Header and metadata go through a small buffer; tensors are read straight into the
/// receiver's memory. Nothing is allocated for an unchecked length.
/// </summary>
public sealed class FrameReader(Stream stream, TimeProvider? time = null)
{
    private const int SkipLength = 64 * 1024;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly IncomingFrame _frame = new();
    private readonly Crc32 _checksum = Crc32C.Begin();
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private long _since = (time ?? TimeProvider.System).GetTimestamp();
    private bool _waiting;

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Time spent on checksums and decompression so far, in ticks of <see cref="Stopwatch"/>.</summary>
    public long DecodeTicks { get; private set; }

    /// <summary>How long the current read has waited for bytes; zero while no read is pending.</summary>
    public TimeSpan Waiting => Volatile.Read(ref _waiting) ? SinceLastChange : TimeSpan.Zero;

    /// <summary>Time since the last read; zero while a read is waiting for bytes.</summary>
    public TimeSpan Idle => Volatile.Read(ref _waiting) ? TimeSpan.Zero : SinceLastChange;

    private TimeSpan SinceLastChange => _time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>Reads the header and metadata of the next frame, up to its payload.</summary>
    /// <returns>The frame, or <see langword="null"/> if the stream ended between two frames.</returns>
    /// <exception cref="ProtocolException">The bytes are not a frame within the limits.</exception>
    public async ValueTask<IncomingFrame?> ReadAsync(WireLimits limits, CancellationToken cancellationToken)
    {
        FrameHeader header;
        while (!FrameHeader.TryParse(_buffer.AsSpan(_start, _end - _start), limits, out header))
        {
            if (!await FillAsync(FrameHeader.Size, cancellationToken))
            {
                return _start == _end ? null : throw Truncated();
            }
        }

        int headLength = FrameHeader.Size + header.MetadataLength;
        while (_end - _start < headLength)
        {
            if (!await FillAsync(headLength, cancellationToken))
            {
                throw Truncated();
            }
        }

        ReadOnlyMemory<byte> head = _buffer.AsMemory(_start, headLength);
        FrameHeader.Verify(head.Span);
        _frame.Set(header, head[FrameHeader.Size..], limits);
        _start += headLength;
        return _frame;
    }

    /// <summary>Receives one tensor of the current frame. Tensors must be read in order.</summary>
    /// <param name="tensor">Its descriptor.</param>
    /// <param name="destination">Receives the elements; exactly <see cref="TensorDescriptor.RawLength"/> bytes.</param>
    /// <param name="cancellationToken">Cancelling leaves the stream unusable.</param>
    /// <exception cref="ProtocolException">The stream ended, or the bytes do not decode.</exception>
    public async ValueTask ReadTensorAsync(TensorDescriptor tensor, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, tensor.RawLength);
        if (tensor.Encoding == TensorEncoding.Raw)
        {
            await ReadCheckedAsync(tensor, destination, cancellationToken);
            return;
        }

        int length = (int)tensor.WireLength;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await ReadCheckedAsync(tensor, rented.AsMemory(0, length), cancellationToken);
            long received = Stopwatch.GetTimestamp();
            TensorDecoder.DecodeLz4(tensor, rented.AsSpan(0, length), destination.Span);
            DecodeTicks += Stopwatch.GetTimestamp() - received;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Skips one tensor of the current frame.</summary>
    public async ValueTask SkipTensorAsync(TensorDescriptor tensor, CancellationToken cancellationToken)
    {
        int buffered = (int)Math.Min(tensor.WireLength, _end - _start);
        _start += buffered;
        if (buffered == tensor.WireLength)
        {
            return;
        }

        // Not through the buffer: it still holds the frame's metadata, which has not been read yet.
        byte[] rented = ArrayPool<byte>.Shared.Rent(SkipLength);
        try
        {
            for (long remaining = tensor.WireLength - buffered; remaining > 0;)
            {
                int count = (int)Math.Min(remaining, SkipLength);
                await ReadExactlyAsync(rented.AsMemory(0, count), cancellationToken);
                remaining -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static ProtocolException Truncated() => new(ProtocolError.Truncated, "the connection ended inside a frame");

    private async ValueTask ReadExactlyAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        for (Memory<byte> rest = destination; !rest.IsEmpty;)
        {
            rest = rest[await ReadSomeAsync(rest, cancellationToken)..];
        }
    }

    /// <summary>Reads a tensor's bytes, updating the checksum piece by piece while each is still in the processor's cache.</summary>
    private async ValueTask ReadCheckedAsync(TensorDescriptor tensor, Memory<byte> wire, CancellationToken cancellationToken)
    {
        _checksum.Reset();
        for (Memory<byte> rest = wire; !rest.IsEmpty;)
        {
            int read = await ReadSomeAsync(rest, cancellationToken);
            if (tensor.Checksum is not null)
            {
                long received = Stopwatch.GetTimestamp();
                _checksum.Append(rest.Span[..read]);
                DecodeTicks += Stopwatch.GetTimestamp() - received;
            }

            rest = rest[read..];
        }

        TensorDecoder.Verify(tensor, _checksum.GetCurrentHashAsUInt32());
    }

    /// <summary>Reads at least one byte, from the buffer first, then from the stream.</summary>
    private async ValueTask<int> ReadSomeAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int buffered = Math.Min(destination.Length, _end - _start);
        if (buffered > 0)
        {
            _buffer.AsSpan(_start, buffered).CopyTo(destination.Span);
            _start += buffered;
            return buffered;
        }

        int read = await ReceiveAsync(destination, cancellationToken);
        return read > 0 ? read : throw Truncated();
    }

    /// <summary>Reads more bytes until the buffer holds <paramref name="wanted"/> from its start.</summary>
    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start < wanted)
        {
            byte[] target = wanted > _buffer.Length ? new byte[wanted] : _buffer;
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        int read = await ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        SetWaiting(true);
        int read = await stream.ReadAsync(destination, cancellationToken);
        SetWaiting(false);
        BytesRead += read;
        return read;
    }

    // Write the time first: a reader must not see the new state with the old, longer time.
    private void SetWaiting(bool waiting)
    {
        Volatile.Write(ref _since, _time.GetTimestamp());
        Volatile.Write(ref _waiting, waiting);
    }
}
