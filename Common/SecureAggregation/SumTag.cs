using System.Numerics;
using System.Runtime.InteropServices;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// A linear one-time authenticator of a vector of integers v: the polynomial Σ v[j]·x^(j+1) at a secret point x, modulo p = 2^61 − 1.
/// The tags of several vectors add up, modulo p, to the tag of their sum. Whoever changes a sum of n elements without knowing x
/// finds the matching tag with a probability of n/p at most.
/// </summary>
/// <remarks>
/// A tag travels as <see cref="Words"/> words of 21 bits, lowest first, behind the vector and under its masks. The words of up to
/// <see cref="MaxVectors"/> vectors add up without a carry out of 32 bits.
/// </remarks>
public static class SumTag
{
    /// <summary>p, a prime.</summary>
    public const ulong Modulus = (1UL << Bits) - 1;

    /// <summary>Words of a tag.</summary>
    public const int Words = 3;

    /// <summary>Vectors whose words may be added.</summary>
    public const int MaxVectors = 1 << (32 - WordBits);

    private const int Bits = 61;
    private const int WordBits = 21;
    private const ulong WordMask = (1UL << WordBits) - 1;
    private const int Block = 512;

    /// <summary>The tag of 32-bit integers.</summary>
    /// <param name="values">The vector.</param>
    /// <param name="point">x, from 1 to p − 1.</param>
    /// <returns>From 0 to p − 1.</returns>
    public static ulong Of(ReadOnlySpan<int> values, ulong point) => Evaluate(values, point);

    /// <summary>The tag of 64-bit integers; otherwise as the other overload.</summary>
    public static ulong Of(ReadOnlySpan<long> values, ulong point) => Evaluate(values, point);

    /// <summary>The sum of two tags: the tag of the sum.</summary>
    public static ulong Add(ulong one, ulong other) => Reduce(one + other);

    /// <summary>Writes a tag as words.</summary>
    public static void Split<T>(ulong tag, Span<T> words)
        where T : IBinaryInteger<T>, IUnsignedNumber<T>
    {
        for (int i = 0; i < Words; i++)
        {
            words[i] = T.CreateTruncating((tag >> (i * WordBits)) & WordMask);
        }
    }

    /// <summary>The sum of tags, from the sums of their words.</summary>
    public static ulong Join<T>(ReadOnlySpan<T> words)
        where T : IBinaryInteger<T>, IUnsignedNumber<T>
    {
        ulong tag = 0;
        for (int i = 0; i < Words; i++)
        {
            tag = Add(tag, Product(Reduce(ulong.CreateTruncating(words[i])), 1UL << (i * WordBits)));
        }

        return tag;
    }

    /// <summary>Horner's rule over blocks from the last to the first; within a block, products with the powers of x are summed and reduced once.</summary>
    private static ulong Evaluate<T>(ReadOnlySpan<T> values, ulong x)
        where T : IBinaryInteger<T>
    {
        Span<long> powers = stackalloc long[Words * Block], low = stackalloc long[Block], high = stackalloc long[Block];
        ulong step = FillPowers(powers, x);
        ulong tag = 0;
        for (int start = (values.Length - 1) / Block * Block; start >= 0; start -= Block)
        {
            ReadOnlySpan<T> block = values[start..Math.Min(start + Block, values.Length)];
            Cut(block, low, high);
            ulong sum = Sum(low[..block.Length], powers);
            if (typeof(T) != typeof(int))
            {
                sum = Add(sum, Product(Sum(high[..block.Length], powers), 1UL << 32));
            }

            tag = Add(Product(tag, step), sum);
        }

        return tag;
    }

    /// <summary>Writes x, x², … as words: the lowest of all, then the middle ones, then the highest.</summary>
    /// <returns>The last power.</returns>
    private static ulong FillPowers(Span<long> powers, ulong x)
    {
        ulong power = 1;
        Span<ulong> words = stackalloc ulong[Words];
        for (int j = 0; j < Block; j++)
        {
            power = Product(power, x);
            Split(power, words);
            for (int w = 0; w < Words; w++)
            {
                powers[(w * Block) + j] = (long)words[w];
            }
        }

        return power;
    }

    /// <summary>Cuts 64-bit integers into 32 bits without a sign and 32 with one; 32-bit integers are taken as they are.</summary>
    private static void Cut<T>(ReadOnlySpan<T> values, Span<long> low, Span<long> high)
        where T : IBinaryInteger<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            long value = long.CreateTruncating(values[i]);
            low[i] = typeof(T) == typeof(int) ? value : (uint)value;
            high[i] = value >> 32;
        }
    }

    /// <summary>Σ digits[j]·x^(j+1) modulo p.</summary>
    private static ulong Sum(ReadOnlySpan<long> digits, ReadOnlySpan<long> powers)
    {
        ulong sum = 0;
        for (int w = 0; w < Words; w++)
        {
            sum = Add(sum, Product(Residue(Dot(digits, powers.Slice(w * Block, digits.Length))), 1UL << (w * WordBits)));
        }

        return sum;
    }

    /// <summary>The sum of products, below 2^62 in size: digits have 32 bits, words 21, and a block 2^9 of them.</summary>
    private static long Dot(ReadOnlySpan<long> digits, ReadOnlySpan<long> words)
    {
        ReadOnlySpan<Vector<long>> wideDigits = MemoryMarshal.Cast<long, Vector<long>>(digits), wideWords = MemoryMarshal.Cast<long, Vector<long>>(words);
        Vector<long> wide = Vector<long>.Zero;
        for (int i = 0; i < wideDigits.Length; i++)
        {
            wide += wideDigits[i] * wideWords[i];
        }

        long sum = Vector.Sum(wide);
        for (int i = wideDigits.Length * Vector<long>.Count; i < digits.Length; i++)
        {
            sum += digits[i] * words[i];
        }

        return sum;
    }

    private static ulong Residue(long value) => Reduce(((ulong)value & Modulus) + Modulus + (ulong)(value >> Bits));

    private static ulong Product(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return Reduce((low & Modulus) + ((high << (64 - Bits)) | (low >> Bits)));
    }

    /// <summary>The residue of a number.</summary>
    private static ulong Reduce(ulong value)
    {
        ulong folded = (value & Modulus) + (value >> Bits);
        return folded >= Modulus ? folded - Modulus : folded;
    }
}
