using System.Buffers;
using MessagePack;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>Writes frames to a stream, one at a time. A write that fails or is cancelled leaves the stream unusable.</summary>
public sealed class FrameWriter(Stream stream, TimeProvider? time = null)
{
    // Long tensors are sent in pieces to tell a slow link, whose pieces do leave, from a peer that reads nothing.
    // If a piece is taken at once, the next one is longer.
    private const int MinPiece = 256 * 1024;
    private const int MaxPiece = 4 * 1024 * 1024;

    // Head and tensors up to this size are sent together: a copy is cheaper than a system call and waking the receiver.
    private const int StageLength = 64 * 1024;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ArrayBufferWriter<byte> _stage = new(4 * 1024);
    private int _piece = MinPiece;
    private long _since;
    private bool _waiting;

    /// <summary>How long the piece being written has waited for the peer to read; zero while no write is pending.</summary>
    public TimeSpan Waiting => Volatile.Read(ref _waiting) ? _time.GetElapsedTime(Volatile.Read(ref _since)) : TimeSpan.Zero;

    /// <summary>Encodes a message and its tensors' descriptors: header and metadata, without the payload.</summary>
    /// <returns>Length of the whole frame.</returns>
    public static long WriteHead<T>(ArrayBufferWriter<byte> output, T message, ulong requestId, ReadOnlySpan<EncodedTensor> tensors)
        where T : IMessage<T>
    {
        int start = output.WrittenCount;
        output.GetSpan(FrameHeader.Size);
        output.Advance(FrameHeader.Size);
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(message.FieldCount + (tensors.IsEmpty ? 0 : 1));
        message.WriteFields(ref writer);
        if (!tensors.IsEmpty)
        {
            writer.WriteString(TensorSection.Key);
            TensorSection.Write(ref writer, tensors);
        }

        writer.Flush();
        long payloadLength = 0;
        foreach (EncodedTensor tensor in tensors)
        {
            payloadLength += tensor.Bytes.Length;
        }

        Span<byte> frame = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory[start..]).Span;
        FrameHeader.Write(frame, T.Type, requestId, payloadLength);
        return frame.Length + payloadLength;
    }

    /// <summary>Sends one frame.</summary>
    /// <returns>The number of bytes sent.</returns>
    public ValueTask<long> WriteAsync<T>(
        T message, ulong requestId, ReadOnlyMemory<EncodedTensor> tensors, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        Begin(message, requestId, tensors.Span);
        return WriteBegunAsync(tensors, cancellationToken);
    }

    /// <summary>Encodes the head of a frame in memory; <see cref="WriteBegunAsync"/> sends the frame, or the next one takes its place.</summary>
    /// <returns>Length of the whole frame.</returns>
    public long Begin<T>(T message, ulong requestId, ReadOnlySpan<EncodedTensor> tensors)
        where T : IMessage<T>
    {
        _stage.ResetWrittenCount();
        return WriteHead(_stage, message, requestId, tensors);
    }

    /// <summary>Sends the frame whose head has been encoded.</summary>
    /// <param name="tensors">The tensors that the head describes.</param>
    /// <param name="cancellationToken">Cancels, and leaves the stream unusable.</param>
    /// <returns>The number of bytes sent.</returns>
    public async ValueTask<long> WriteBegunAsync(ReadOnlyMemory<EncodedTensor> tensors, CancellationToken cancellationToken)
    {
        long sent = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            ReadOnlyMemory<byte> bytes = tensors.Span[i].Bytes;
            int staged = Math.Min(bytes.Length, Math.Max(StageLength - _stage.WrittenCount, 0));
            _stage.Write(bytes.Span[..staged]);
            if (staged < bytes.Length)
            {
                sent += await FlushAsync(cancellationToken) + bytes.Length - staged;
                await SendLongAsync(bytes[staged..], cancellationToken);
            }
        }

        sent += await FlushAsync(cancellationToken);
        await stream.FlushAsync(cancellationToken);
        return sent;
    }

    private async ValueTask<int> FlushAsync(CancellationToken cancellationToken)
    {
        int length = _stage.WrittenCount;
        if (length > 0)
        {
            await SendAsync(_stage.WrittenMemory, cancellationToken);
            _stage.ResetWrittenCount();
        }

        return length;
    }

    private async ValueTask SendLongAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(_piece, bytes.Length);
            ValueTask sending = SendAsync(bytes[..length], cancellationToken);
            _piece = sending.IsCompleted ? Math.Min(_piece * 2, MaxPiece) : MinPiece;
            await sending;
            bytes = bytes[length..];
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _since, _time.GetTimestamp());
        Volatile.Write(ref _waiting, true);
        await stream.WriteAsync(piece, cancellationToken);
        Volatile.Write(ref _waiting, false);
    }
}
