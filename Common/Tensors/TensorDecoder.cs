using K4os.Compression.LZ4;
using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>Decodes tensors received from the wire.</summary>
public static class TensorDecoder
{
    /// <summary>Verifies the descriptor's checksum, if it has one.</summary>
    /// <param name="descriptor">The tensor's descriptor.</param>
    /// <param name="checksum">CRC-32C of the received bytes.</param>
    /// <exception cref="ProtocolException">The bytes were corrupted in transit.</exception>
    public static void Verify(TensorDescriptor descriptor, uint checksum)
    {
        if (descriptor.Checksum is { } expected && checksum != expected)
        {
            ProtocolException.Throw(ProtocolError.ChecksumMismatch, $"the checksum of tensor '{descriptor.Name}' does not match");
        }
    }

    /// <summary>Decodes an LZ4 block into exactly <paramref name="destination"/>.</summary>
    /// <exception cref="ProtocolException">The bytes are not an LZ4 block of that decoded length.</exception>
    public static void DecodeLz4(TensorDescriptor descriptor, ReadOnlySpan<byte> wire, Span<byte> destination)
    {
        if (LZ4Codec.Decode(wire, destination) != destination.Length)
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"tensor '{descriptor.Name}' does not decode to {destination.Length} bytes");
        }
    }
}
