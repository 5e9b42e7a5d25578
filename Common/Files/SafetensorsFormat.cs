namespace TraversalLearning.Files;

/// <summary>
/// What reader and writer share of the safetensors format: eight bytes with the header's length (little-endian), the
/// header in JSON, then the tensors' bytes back to back. No code, no types: a file from a stranger is data.
/// </summary>
public static class SafetensorsFormat
{
    /// <summary>The largest header, as in the reference implementation.</summary>
    public const int MaxHeaderLength = 100_000_000;

    internal const int PrefixLength = sizeof(ulong);
    internal const string MetadataKey = "__metadata__";

    /// <summary>Bytes of one element, or null for a type that the format does not have or that we do not know.</summary>
    public static int? ElementSize(string dtype) => dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" or "C64" => 8,
        _ => null,
    };

    /// <summary>Bytes of a tensor; null if its type is unknown, a dimension negative, or the number beyond 63 bits.</summary>
    internal static long? ByteLength(string dtype, IEnumerable<long> shape)
    {
        if (ElementSize(dtype) is not { } size)
        {
            return null;
        }

        long length = size;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || (dimension > 0 && length > long.MaxValue / dimension))
            {
                return null;
            }

            length *= dimension;
        }

        return length;
    }
}
