using System.Numerics;
using System.Runtime.InteropServices;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// Adds masked integers as they arrive, modulo 2^32 or 2^64. The order does not matter: there is no rounding. Thread-safe.
/// </summary>
/// <param name="bytes">Memory for the sum; its content does not matter.</param>
/// <param name="wide">Whether its integers have 64 bits.</param>
internal sealed class MaskedSum(byte[] bytes, bool wide)
{
    private readonly Lock _lock = new();
    private bool _begun;

    /// <summary>The sum. It is complete, and does not change any more, when all vectors have been added, one at least.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Adds a vector.</summary>
    public void Add(ReadOnlySpan<byte> vector)
    {
        lock (_lock)
        {
            if (!_begun)
            {
                vector.CopyTo(bytes);
                _begun = true;
            }
            else if (wide)
            {
                Add<ulong>(MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan()), MemoryMarshal.Cast<byte, ulong>(vector));
            }
            else
            {
                Add<uint>(MemoryMarshal.Cast<byte, uint>(bytes.AsSpan()), MemoryMarshal.Cast<byte, uint>(vector));
            }
        }
    }

    private static void Add<T>(Span<T> sum, ReadOnlySpan<T> addend)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<Vector<T>> s = MemoryMarshal.Cast<T, Vector<T>>(sum);
        ReadOnlySpan<Vector<T>> a = MemoryMarshal.Cast<T, Vector<T>>(addend);
        for (int i = 0; i < s.Length; i++)
        {
            s[i] += a[i];
        }

        for (int i = s.Length * Vector<T>.Count; i < sum.Length; i++)
        {
            sum[i] = unchecked(sum[i] + addend[i]);
        }
    }
}
