using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// A mask: the keystream of AES-128-CTR with a counter block of 128 bits, big-endian, from 0, read as little-endian words. It is added
/// to a vector word by word, modulo 2^32 or 2^64, or subtracted.
/// </summary>
internal static class MaskStream
{
    public const int KeyLength = 16;

    private const int BlockLength = 16;

    // Counters, keystream and values of a chunk stay in the first two levels of cache.
    private const int ChunkLength = 32 * 1024;

    /// <summary>Adds or subtracts the mask of a key that masks nothing else.</summary>
    public static void Apply<T>(ReadOnlySpan<byte> key, Span<T> values, bool subtract)
        where T : unmanaged, IBinaryInteger<T>
    {
        byte[] counters = ArrayPool<byte>.Shared.Rent(ChunkLength);
        byte[] stream = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            using var aes = Aes.Create();
            aes.SetKey(key);
            counters.AsSpan(0, ChunkLength).Clear();
            Apply(aes, counters, stream, values, subtract);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(stream);
            ArrayPool<byte>.Shared.Return(counters);
            ArrayPool<byte>.Shared.Return(stream);
        }
    }

    private static unsafe void Apply<T>(Aes aes, byte[] counters, byte[] stream, Span<T> values, bool subtract)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (ulong block = 0; !values.IsEmpty; block += ChunkLength / BlockLength)
        {
            Span<T> chunk = values[..Math.Min(values.Length, ChunkLength / sizeof(T))];
            Span<byte> blocks = counters.AsSpan(0, ((chunk.Length * sizeof(T)) + BlockLength - 1) / BlockLength * BlockLength);
            Count(blocks, block);
            aes.EncryptEcb(blocks, stream, PaddingMode.None);
            ReadOnlySpan<T> mask = MemoryMarshal.Cast<byte, T>(stream.AsSpan())[..chunk.Length];
            Combine(chunk, mask, subtract);
            values = values[chunk.Length..];
        }
    }

    /// <summary>Writes the counters from <paramref name="first"/> into blocks whose upper halves are zero.</summary>
    private static void Count(Span<byte> blocks, ulong first)
    {
        for (int i = BlockLength / 2; i < blocks.Length; i += BlockLength)
        {
            BinaryPrimitives.WriteUInt64BigEndian(blocks[i..], first++);
        }
    }

    private static void Combine<T>(Span<T> values, ReadOnlySpan<T> mask, bool subtract)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<Vector<T>> wide = MemoryMarshal.Cast<T, Vector<T>>(values);
        ReadOnlySpan<Vector<T>> wideMask = MemoryMarshal.Cast<T, Vector<T>>(mask);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = subtract ? wide[i] - wideMask[i] : wide[i] + wideMask[i];
        }

        for (int i = wide.Length * Vector<T>.Count; i < values.Length; i++)
        {
            values[i] = subtract ? unchecked(values[i] - mask[i]) : unchecked(values[i] + mask[i]);
        }
    }
}
