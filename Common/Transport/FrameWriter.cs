using System.Buffers;
using MessagePack;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>Writes frames to a stream, one at a time. A write that fails or is cancelled leaves the stream unusable.</summary>
public sealed class FrameWriter(Stream stream)
{
    // Up to here a copy into the head's buffer is cheaper than a system call of its own.
    private const int CoalesceLimit = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _head = new(4 * 1024);

    /// <summary>Encodes a message and its tensors' descriptors: header and metadata, without the payload.</summary>
    public static void WriteHead<T>(ArrayBufferWriter<byte> output, T message, ulong requestId, ReadOnlySpan<EncodedTensor> tensors)
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
    }

    /// <summary>Sends one frame.</summary>
    /// <returns>The number of bytes sent.</returns>
    public async ValueTask<long> WriteAsync<T>(
        T message, ulong requestId, ReadOnlyMemory<EncodedTensor> tensors, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        _head.ResetWrittenCount();
        WriteHead(_head, message, requestId, tensors.Span);
        long sent = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            ReadOnlyMemory<byte> bytes = tensors.Span[i].Bytes;
            if (bytes.Length <= CoalesceLimit)
            {
                _head.Write(bytes.Span);
            }
            else
            {
                sent += await FlushHeadAsync(cancellationToken);
                await stream.WriteAsync(bytes, cancellationToken);
                sent += bytes.Length;
            }
        }

        sent += await FlushHeadAsync(cancellationToken);
        await stream.FlushAsync(cancellationToken);
        return sent;
    }

    private async ValueTask<int> FlushHeadAsync(CancellationToken cancellationToken)
    {
        int length = _head.WrittenCount;
        if (length > 0)
        {
            await stream.WriteAsync(_head.WrittenMemory, cancellationToken);
            _head.ResetWrittenCount();
        }

        return length;
    }
}
