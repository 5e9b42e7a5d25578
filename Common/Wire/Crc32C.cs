using System.Numerics;
using System.Runtime.InteropServices;

namespace TraversalLearning.Wire;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720), by the processor's instruction where it has one. That instruction takes three cycles but can begin
/// one every cycle, so long data is read in three lanes at once and their checksums are combined.
/// </summary>
public static class Crc32C
{
    private const uint Polynomial = 0x82F63B78;
    private const int LaneThreshold = 4 * 1024;

    // Entry k is x^(2^k) modulo the polynomial, bit-reflected.
    private static readonly uint[] Powers = MakePowers();

    /// <summary>The checksum of <paramref name="data"/>, going on from that of what stood before it.</summary>
    public static uint Compute(ReadOnlySpan<byte> data, uint previous = 0)
    {
        if (data.Length < LaneThreshold)
        {
            return Serial(data, previous);
        }

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        int lane = words.Length / 3;
        ReadOnlySpan<ulong> first = words[..lane];
        ReadOnlySpan<ulong> second = words.Slice(lane, lane);
        ReadOnlySpan<ulong> third = words.Slice(2 * lane, lane);
        (uint a, uint b, uint c) = (~previous, uint.MaxValue, uint.MaxValue);
        for (int i = 0; i < first.Length; i++)
        {
            a = BitOperations.Crc32C(a, first[i]);
            b = BitOperations.Crc32C(b, second[i]);
            c = BitOperations.Crc32C(c, third[i]);
        }

        int laneBytes = lane * sizeof(ulong);
        uint shift = PowerOfX(8UL * (ulong)laneBytes);
        uint combined = Multiply(shift, Multiply(shift, ~a) ^ ~b) ^ ~c;
        return Serial(data[(3 * laneBytes)..], combined);
    }

    private static uint Serial(ReadOnlySpan<byte> data, uint previous)
    {
        uint crc = ~previous;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte b in data[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    /// <summary>x^n modulo the polynomial: what a checksum is multiplied by when n bits follow.</summary>
    private static uint PowerOfX(ulong n)
    {
        uint power = 1u << 31;
        for (int k = 0; n != 0; k++, n >>= 1)
        {
            if ((n & 1) != 0)
            {
                power = Multiply(Powers[k], power);
            }
        }

        return power;
    }

    /// <summary>Product of two polynomials modulo the polynomial, bit-reflected.</summary>
    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = 1u << 31; bit != 0; bit >>= 1)
        {
            product ^= (a & bit) != 0 ? b : 0;
            b = (b >> 1) ^ ((b & 1) != 0 ? Polynomial : 0);
        }

        return product;
    }

    private static uint[] MakePowers()
    {
        uint[] powers = new uint[40];
        powers[0] = 1u << 30;
        for (int k = 1; k < powers.Length; k++)
        {
            powers[k] = Multiply(powers[k - 1], powers[k - 1]);
        }

        return powers;
    }
}
