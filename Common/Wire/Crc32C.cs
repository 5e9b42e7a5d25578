using System.IO.Hashing;

namespace TraversalLearning.Wire;

/// <summary>CRC-32C (Castagnoli, RFC 3720), the checksum of headers and tensors.</summary>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, data);

    /// <summary>The checksum of what is appended, piece by piece.</summary>
    public static Crc32 Begin() => new(Crc32ParameterSet.Crc32C);
}
