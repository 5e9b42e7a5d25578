using System.Buffers;
using System.Diagnostics;
using K4os.Compression.LZ4;
using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>
/// A tensor ready to be sent, to one peer or to many: its descriptor and the bytes that go out. Raw tensors refer to
/// the tensor's own storage, which must stay as it is until the sends are done; compressed ones own a pooled buffer.
/// </summary>
public sealed class EncodedTensor : IDisposable
{
    private byte[]? _rented;

    private EncodedTensor(TensorDescriptor descriptor, ReadOnlyMemory<byte> bytes, byte[]? rented)
    {
        Descriptor = descriptor;
        Bytes = bytes;
        _rented = rented;
    }

    /// <summary>What the metadata says of the tensor.</summary>
    public TensorDescriptor Descriptor { get; }

    /// <summary>The bytes on the wire.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Encodes a tensor, compressed where <paramref name="options"/> say that it pays.</summary>
    /// <param name="name">Its role, one of <see cref="TensorNames"/>.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Dimensions; kept, not copied.</param>
    /// <param name="raw">The elements, little-endian, row-major; borrowed until <see cref="Dispose"/>.</param>
    /// <param name="options">Compression and checksums.</param>
    /// <exception cref="ArgumentException"><paramref name="raw"/> is not as long as type and shape say.</exception>
    public static EncodedTensor Encode(string name, ElementType type, long[] shape, ReadOnlyMemory<byte> raw, TensorEncodingOptions options)
    {
        long expected = TensorDescriptor.LengthOf(type, shape);
        if (raw.Length != expected)
        {
            throw new ArgumentException($"tensor '{name}': {raw.Length} bytes are not {type}[{string.Join(',', shape)}]", nameof(raw));
        }

        byte[]? rented = null;
        ReadOnlyMemory<byte> bytes = raw;
        TensorEncoding encoding = TensorEncoding.Raw;
        if (options.Compression.ShouldCompress(name, raw.Span))
        {
            rented = ArrayPool<byte>.Shared.Rent(raw.Length);
            long start = Stopwatch.GetTimestamp();
            // A target one byte short of the raw length: a block that does not shrink fails to fit and the tensor goes raw.
            int length = LZ4Codec.Encode(raw.Span, rented.AsSpan(0, raw.Length - 1));
            options.Compression.RecordEncode(name, raw.Length, length, Stopwatch.GetElapsedTime(start));
            if (length > 0)
            {
                bytes = rented.AsMemory(0, length);
                encoding = TensorEncoding.Lz4;
            }
            else
            {
                ArrayPool<byte>.Shared.Return(rented);
                rented = null;
            }
        }

        uint? checksum = options.Checksums ? Crc32C.Compute(bytes.Span) : null;
        return new EncodedTensor(new TensorDescriptor(name, type, shape, encoding, bytes.Length, checksum), bytes, rented);
    }

    /// <summary>Gives the pooled buffer back. No send of this tensor may be under way.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

/// <summary>How a side encodes what it sends.</summary>
/// <param name="Compression">When to compress.</param>
/// <param name="Checksums">Whether each tensor carries a CRC-32C. TCP's own checksum misses one corrupted segment in 65,536.</param>
public sealed record TensorEncodingOptions(CompressionPolicy Compression, bool Checksums = true);
