using System.Numerics;

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
            tag = Add(tag, Reduce(Multiply(ulong.CreateTruncating(words[i]), 1UL << (i * WordBits))));
        }

        return tag;
    }

    private static ulong Evaluate<T>(ReadOnlySpan<T> values, ulong x)
        where T : IBinaryInteger<T>
    {
        // Four interleaved polynomials in x⁴, by Horner's rule from the end: a multiplication does not wait for the one before.
        ulong squared = Fold(Multiply(x, x));
        ulong step = Fold(Multiply(squared, squared));
        int whole = values.Length & ~3;
        ulong a = Residue(values, whole), b = Residue(values, whole + 1), c = Residue(values, whole + 2), d = 0;
        for (int i = whole - 4; i >= 0; i -= 4)
        {
            ReadOnlySpan<T> four = values.Slice(i, 4);
            a = Fold(Multiply(a, step) + Residue(four[0]));
            b = Fold(Multiply(b, step) + Residue(four[1]));
            c = Fold(Multiply(c, step) + Residue(four[2]));
            d = Fold(Multiply(d, step) + Residue(four[3]));
        }

        ulong sum = 0;
        foreach (ulong polynomial in (ReadOnlySpan<ulong>)[d, c, b, a])
        {
            sum = Fold(Multiply(Fold(sum + polynomial), x));
        }

        return Reduce(sum);
    }

    private static ulong Residue<T>(ReadOnlySpan<T> values, int index)
        where T : IBinaryInteger<T> => index < values.Length ? Fold(Residue(values[index])) : 0;

    /// <summary>A number congruent to the value, from 0 to 2p + 3.</summary>
    private static ulong Residue<T>(T value)
        where T : IBinaryInteger<T>
    {
        long v = long.CreateTruncating(value);
        return ((ulong)v & Modulus) + Modulus + (ulong)(v >> Bits);
    }

    /// <summary>A number congruent to the product: of two up to p + 8 at most 2p + 16.</summary>
    private static ulong Multiply(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return (low & Modulus) + ((high << (64 - Bits)) | (low >> Bits));
    }

    /// <summary>A number congruent to any, at most p + 7.</summary>
    private static ulong Fold(ulong value) => (value & Modulus) + (value >> Bits);

    private static ulong Reduce(ulong value)
    {
        ulong folded = Fold(value);
        return folded >= Modulus ? folded - Modulus : folded;
    }
}
