using System.Numerics;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>The tag of a vector, against arithmetic without limits.</summary>
public sealed class SumTagTests
{
    private static readonly BigInteger P = BigInteger.Pow(2, 61) - 1;

    private static readonly long[] Extremes = [long.MinValue, long.MaxValue, 0, 1, -1, (long)P, -(long)P, (long)P - 1, (long)P + 1, 1L << 61, -(1L << 61), 2 * (long)P];

    [Test]
    public void A_tag_is_the_polynomial_at_the_point([Values(0, 1, 2, 3, 4, 5, 13, 511, 512, 513, 1500)] int length, [Values(1UL, 2UL, SumTag.Modulus - 1, 0x1234_5678_9ABC_DEFUL)] ulong point)
    {
        var random = new Random(length);
        int[] values = [.. Enumerable.Range(0, length).Select(i => (i % 5) switch { 0 => int.MinValue, 1 => int.MaxValue, _ => random.Next(int.MinValue, int.MaxValue) })];
        long[] wide = [.. Enumerable.Range(0, length).Select(i => i % 2 == 0 ? Extremes[(i + length) % Extremes.Length] : random.NextInt64(long.MinValue, long.MaxValue))];
        Assert.That(SumTag.Of(values, point), Is.EqualTo(Expected([.. values], point)));
        Assert.That(SumTag.Of(wide, point), Is.EqualTo(Expected(wide, point)));
    }

    [Test]
    public void A_long_vector_of_extremes_has_its_tag([Values] bool atTheTop)
    {
        long[] values = [.. Enumerable.Range(0, 5000).Select(i => atTheTop ? (long)P - 1 : Extremes[i % Extremes.Length])];
        Assert.That(SumTag.Of(values, SumTag.Modulus - 1), Is.EqualTo(Expected(values, SumTag.Modulus - 1)));
        Assert.That(SumTag.Of(values, SumTag.Modulus - 2), Is.EqualTo(Expected(values, SumTag.Modulus - 2)));
    }

    [Test]
    public void Tags_add_up_to_the_tag_of_the_sum([Values(2, 3, 100, SumTag.MaxVectors)] int vectors)
    {
        var random = new Random(vectors);
        const ulong Point = 0xFED_CBA9_8765_4321;
        int[] sum = new int[9];
        uint[] words = new uint[SumTag.Words];
        ulong[] wideWords = new ulong[SumTag.Words];
        ulong total = 0;
        for (int v = 0; v < vectors; v++)
        {
            int[] values = [.. sum.Select(_ => random.Next(-1_000_000, 1_000_000))];
            ulong tag = SumTag.Of(values, Point);
            total = SumTag.Add(total, tag);
            Add(tag, words);
            Add(tag, wideWords);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += values[i];
            }
        }

        Assert.That(total, Is.EqualTo(SumTag.Of(sum, Point)));
        Assert.That(SumTag.Join<uint>(words), Is.EqualTo(total));
        Assert.That(SumTag.Join<ulong>(wideWords), Is.EqualTo(total));
        sum[4]++;
        Assert.That(SumTag.Of(sum, Point), Is.Not.EqualTo(total));
    }

    [Test]
    public void The_words_of_the_largest_tags_have_no_carry()
    {
        uint[] words = new uint[SumTag.Words];
        SumTag.Split(SumTag.Modulus - 1, words);
        Assert.That(words.Select(w => (ulong)w * SumTag.MaxVectors), Is.All.LessThanOrEqualTo(uint.MaxValue));
        Assert.That(SumTag.Join<uint>(words), Is.EqualTo(SumTag.Modulus - 1));
        Assert.That(SumTag.Join<ulong>([ulong.MaxValue, ulong.MaxValue, ulong.MaxValue]), Is.EqualTo(Mod(ulong.MaxValue * (1 + BigInteger.Pow(2, 21) + BigInteger.Pow(2, 42)))));
    }

    private static void Add<T>(ulong tag, T[] words)
        where T : IBinaryInteger<T>, IUnsignedNumber<T>
    {
        T[] own = new T[SumTag.Words];
        SumTag.Split(tag, own);
        for (int i = 0; i < own.Length; i++)
        {
            words[i] += own[i];
        }
    }

    private static ulong Expected(long[] values, ulong point) =>
        Mod(values.Select((v, j) => v * BigInteger.ModPow(point, j + 1, P)).Aggregate(BigInteger.Zero, (sum, term) => sum + term));

    private static ulong Mod(BigInteger value) => (ulong)(((value % P) + P) % P);
}
