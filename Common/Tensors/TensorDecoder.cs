using K4os.Compression.LZ4;
using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>From bytes on the wire to elements.</summary>
public static class TensorDecoder
{
    /// <summary>Checks what came against the descriptor's checksum, where it has one.</summary>
    /// <param name="descriptor">What the sender says.</param>
    /// <param name="checksum">The CRC-32C of the bytes that came.</param>
    /// <exception cref="ProtocolException">They were changed on the way.</exception>
    public static void Verify(TensorDescriptor descriptor, uint checksum)
    {
        if (descriptor.Checksum is { } expected && checksum != expected)
        {
            ProtocolException.Throw(ProtocolError.ChecksumMismatch, $"the checksum of tensor '{descriptor.Name}' does not match");
        }
    }

    /// <summary>Decodes an LZ4 block into exactly <paramref name="destination"/>.</summary>
    /// <exception cref="ProtocolException">It is no block of that decoded length.</exception>
    public static void DecodeLz4(TensorDescriptor descriptor, ReadOnlySpan<byte> wire, Span<byte> destination)
    {
        if (LZ4Codec.Decode(wire, destination) != destination.Length)
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"tensor '{descriptor.Name}' does not decode to {destination.Length} bytes");
        }
    }
}
