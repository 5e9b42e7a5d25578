using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>Encoding of a tensor's bytes on the wire. The numbers are the protocol's.</summary>
public enum TensorEncoding : byte
{
    /// <summary>The elements, little-endian, row-major.</summary>
    Raw = 0,

    /// <summary>One LZ4 block of the raw bytes.</summary>
    Lz4 = 1,
}

/// <summary>Describes one tensor of a frame's payload.</summary>
/// <param name="Name">The tensor's role in the message, one of <see cref="TensorNames"/>.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Encoding">Encoding of the bytes.</param>
/// <param name="WireLength">Bytes on the wire.</param>
/// <param name="Checksum">CRC-32C of the bytes on the wire; <see langword="null"/> if the sender sent none.</param>
public sealed record TensorDescriptor(
    string Name, ElementType Type, long[] Shape, TensorEncoding Encoding, long WireLength, uint? Checksum)
{
    /// <summary>Maximum number of dimensions.</summary>
    public const int MaxRank = 8;

    /// <summary>Bytes of the decoded elements.</summary>
    public long RawLength { get; } = LengthOf(Type, Shape);

    /// <summary>Throws if the lengths are inconsistent.</summary>
    /// <exception cref="ProtocolException">The lengths are inconsistent or exceed a limit.</exception>
    public void Validate(in WireLimits limits)
    {
        ProtocolException.ThrowIfOver(RawLength, limits.MaxPayload, $"the length of tensor '{Name}'");
        bool plausible = Encoding switch
        {
            TensorEncoding.Raw => WireLength == RawLength,
            // An LZ4 block expands at most 255-fold, and a compressed tensor longer than a raw one is useless.
            TensorEncoding.Lz4 => WireLength > 0 && WireLength < RawLength && RawLength <= (WireLength * 255) + 255,
            _ => false,
        };
        if (!plausible)
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor,
                $"tensor '{Name}': {WireLength} bytes on the wire cannot be {RawLength} bytes of {Type} encoded as {Encoding}");
        }
    }

    /// <summary>Whether this is a tensor of exactly this role, element type and shape.</summary>
    public bool Is(string name, ElementType type, ReadOnlySpan<long> shape) =>
        string.Equals(Name, name, StringComparison.Ordinal) && Type == type && Shape.AsSpan().SequenceEqual(shape);

    /// <inheritdoc/>
    public override string ToString() => $"{Printable.Escape(Name)} {Type}[{string.Join(',', Shape)}]";

    /// <summary>Bytes of the elements of a tensor.</summary>
    /// <exception cref="ProtocolException">The length overflows.</exception>
    internal static long LengthOf(ElementType type, ReadOnlySpan<long> shape)
    {
        try
        {
            long length = type.Size();
            foreach (long dimension in shape)
            {
                length = checked(length * dimension);
            }

            return length;
        }
        catch (OverflowException e)
        {
            throw new ProtocolException(ProtocolError.LimitExceeded, "a tensor's dimensions overflow", e);
        }
    }
}
