using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Tensors;

/// <summary>The <c>tensors</c> field of a frame's metadata: an array of descriptors in the order of the payload.</summary>
public static class TensorSection
{
    /// <summary>Most tensors of one frame.</summary>
    public const int MaxTensors = 16;

    private const int MaxNameLength = 64;
    private const int DescriptorFields = 6;

    internal static ReadOnlySpan<byte> Key => "tensors"u8;

    /// <summary>Writes descriptors as arrays <c>[name, type, shape, encoding, wire length, checksum or nil]</c>.</summary>
    public static void Write(ref MessagePackWriter writer, ReadOnlySpan<EncodedTensor> tensors)
    {
        writer.WriteArrayHeader(tensors.Length);
        foreach (EncodedTensor tensor in tensors)
        {
            TensorDescriptor descriptor = tensor.Descriptor;
            writer.WriteArrayHeader(DescriptorFields);
            writer.Write(descriptor.Name);
            writer.Write((byte)descriptor.Type);
            writer.WriteArrayHeader(descriptor.Shape.Length);
            foreach (long dimension in descriptor.Shape)
            {
                writer.Write(dimension);
            }

            writer.Write((byte)descriptor.Encoding);
            writer.Write(descriptor.WireLength);
            if (descriptor.Checksum is { } checksum)
            {
                writer.Write(checksum);
            }
            else
            {
                writer.WriteNil();
            }
        }
    }

    /// <summary>Reads the descriptors of a frame and checks them against its payload length.</summary>
    /// <exception cref="ProtocolException">They are malformed, over a limit, or do not add up to the payload.</exception>
    public static TensorDescriptor[] Read(MetadataMap metadata, long payloadLength, WireLimits limits)
    {
        TensorDescriptor[] tensors = metadata.Has(Key)
            ? metadata.Read(Key, static (ref MessagePackReader reader) => ReadAll(ref reader))
            : [];
        long sum = 0;
        foreach (TensorDescriptor tensor in tensors)
        {
            tensor.Validate(limits);
            sum += tensor.WireLength;
        }

        if (sum != payloadLength)
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"the tensors take {sum} bytes but the payload has {payloadLength}");
        }

        return tensors;
    }

    private static TensorDescriptor[] ReadAll(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        ProtocolException.ThrowIfOver(count, MaxTensors, "the number of tensors");
        var tensors = new TensorDescriptor[count];
        foreach (ref TensorDescriptor tensor in tensors.AsSpan())
        {
            tensor = ReadOne(ref reader);
        }

        return tensors;
    }

    private static TensorDescriptor ReadOne(ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != DescriptorFields)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, "a tensor descriptor has not six fields");
        }

        if (!reader.TryReadStringSpan(out ReadOnlySpan<byte> name) || name.Length > MaxNameLength)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, "a tensor's name is no short string");
        }

        string internedName = TensorNames.Intern(name);
        var type = (ElementType)reader.ReadByte();
        if (!Enum.IsDefined(type))
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"tensor '{internedName}' has the unknown element type {(byte)type}");
        }

        int rank = reader.ReadArrayHeader();
        ProtocolException.ThrowIfOver(rank, TensorDescriptor.MaxRank, $"the rank of tensor '{internedName}'");
        var shape = new long[rank];
        foreach (ref long dimension in shape.AsSpan())
        {
            dimension = reader.ReadInt64();
            if (dimension < 0)
            {
                ProtocolException.Throw(ProtocolError.MalformedTensor, $"tensor '{internedName}' has a negative dimension");
            }
        }

        var encoding = (TensorEncoding)reader.ReadByte();
        long wireLength = reader.ReadInt64();
        uint? checksum = reader.TryReadNil() ? null : reader.ReadUInt32();
        if (wireLength < 0)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"tensor '{internedName}' has a negative length");
        }

        return new TensorDescriptor(internedName, type, shape, encoding, wireLength, checksum);
    }
}
