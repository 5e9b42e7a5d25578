using System.Buffers;
using System.Diagnostics;
using K4os.Compression.LZ4;
using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>
/// A tensor ready to be sent to one or more peers: its descriptor and its bytes. Raw tensors reference the tensor's own storage,
/// which must not change until all sends have completed; compressed ones own a pooled buffer.
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

    /// <summary>The tensor's descriptor.</summary>
    public TensorDescriptor Descriptor { get; }

    /// <summary>The bytes on the wire.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Encodes a tensor, compressed if <paramref name="options"/> decide that it pays.</summary>
    /// <param name="name">Its role, one of <see cref="TensorNames"/>.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Dimensions; kept, not copied.</param>
    /// <param name="raw">The elements, little-endian, row-major; borrowed until <see cref="Dispose"/>.</param>
    /// <param name="options">Compression and checksums.</param>
    /// <exception cref="ArgumentException">The length of <paramref name="raw"/> does not match type and shape.</exception>
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
            // The target is one byte shorter than the raw tensor: a block that does not shrink does not fit, and the tensor is sent raw.
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

    /// <summary>Bytes that the other side does not read as numbers: <c>blob [n] uint8</c>.</summary>
    /// <param name="bytes">Borrowed until <see cref="Dispose"/>.</param>
    public static EncodedTensor OfBytes(ReadOnlyMemory<byte> bytes) => Encode(TensorNames.Blob, ElementType.UInt8, [bytes.Length], bytes, TensorEncodingOptions.Raw);

    /// <summary>Returns the pooled buffer. No send of this tensor may be in progress.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

/// <summary>How tensors are encoded for sending.</summary>
/// <param name="Compression">When to compress.</param>
/// <param name="Checksums">Whether each tensor carries a CRC-32C. TCP's own checksum misses one corrupted segment in 65,536.</param>
public sealed record TensorEncodingOptions(CompressionPolicy Compression, bool Checksums = true)
{
    /// <summary>Never compressed: for what looks like noise, or is not a tensor.</summary>
    public static TensorEncodingOptions Raw { get; } = new(new CompressionPolicy(CompressionMode.None));
}
