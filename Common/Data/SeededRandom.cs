using System.Numerics;

namespace TraversalLearning.Data;

/// <summary>
/// Random numbers that are the same on every platform, in every version of .NET and in other languages, so that a training run
/// can be reproduced bit for bit anywhere. xoshiro256** (Blackman and Vigna), seeded by SplitMix64.
/// Not cryptographically secure.
/// </summary>
public sealed class SeededRandom
{
    private const ulong Increment = 0x9e3779b97f4a7c15;

    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;

    /// <summary>Creates a generator whose state is the first four outputs of SplitMix64 from <paramref name="seed"/>.</summary>
    public SeededRandom(ulong seed)
    {
        s0 = Mix(unchecked(seed + Increment));
        s1 = Mix(unchecked(seed + (2 * Increment)));
        s2 = Mix(unchecked(seed + (3 * Increment)));
        s3 = Mix(unchecked(seed + (4 * Increment)));
    }

    /// <summary>
    /// A generator for one purpose within a run, such as one epoch: equal seeds and streams give equal numbers, different streams
    /// different ones. The key is <c>seed</c>, then for each stream <c>mix(mix(key + 0x9e3779b97f4a7c15) ^ stream)</c>.
    /// </summary>
    public static SeededRandom ForStream(ulong seed, params ReadOnlySpan<ulong> stream)
    {
        ulong key = seed;
        foreach (ulong id in stream)
        {
            key = Mix(Mix(unchecked(key + Increment)) ^ id);
        }

        return new SeededRandom(key);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
            ulong shifted = s1 << 17;
            s2 ^= s0;
            s3 ^= s1;
            s1 ^= s2;
            s0 ^= s3;
            s2 ^= shifted;
            s3 = BitOperations.RotateLeft(s3, 45);
            return result;
        }
    }

    /// <summary>
    /// A uniform integer from 0 to <paramref name="exclusiveMax"/> - 1 (Lemire: the high half of a 64-bit product, rejecting the few
    /// low halves that would cause a bias).
    /// </summary>
    public int Next(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        ulong bound = (ulong)exclusiveMax;
        ulong high = Math.BigMul(NextUInt64(), bound, out ulong low);
        if (low < bound)
        {
            ulong threshold = unchecked(0 - bound) % bound;
            while (low < threshold)
            {
                high = Math.BigMul(NextUInt64(), bound, out low);
            }
        }

        return (int)high;
    }

    /// <summary>A uniform number between 0 and 1, both exclusive: the upper 52 bits plus half a step.</summary>
    public double NextDouble() => ((NextUInt64() >> 12) + 0.5) * (1.0 / (1L << 52));

    /// <summary>Shuffles the items uniformly (Fisher-Yates, from the end).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    // SplitMix64's output function (Steele, Lea and Flood): a bijection of 64 bits.
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
            value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
            return value ^ (value >> 31);
        }
    }
}
