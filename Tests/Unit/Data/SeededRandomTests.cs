using System.Globalization;
using System.Text.Json;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>The same numbers as the Python implementation in <c>Golden/make_data_golden.py</c>.</summary>
public sealed class SeededRandomTests
{
    private static readonly JsonElement Cases = Golden.Json("seeded_random.json");

    [Test]
    public void Bits_bounded_integers_and_shuffles_are_those_of_the_independent_implementation()
    {
        int[] bounds = [1, 2, 3, 10, 784, 60000, (1 << 30) + 1, int.MaxValue];
        foreach (JsonElement item in Cases.GetProperty("cases").EnumerateArray())
        {
            SeededRandom random = Make(item);
            Assert.That(Enumerable.Range(0, 8).Select(_ => random.NextUInt64().ToString("x16")), Is.EqualTo(Strings(item, "bits")));

            random = Make(item);
            Assert.That(bounds.Select(random.Next), Is.EqualTo(Ints(item.GetProperty("below"))));

            int[] items = [.. Enumerable.Range(0, 25)];
            Make(item).Shuffle<int>(items);
            Assert.That(items, Is.EqualTo(Ints(item.GetProperty("shuffled"))));
        }
    }

    [Test]
    public void The_iid_partition_is_that_of_the_independent_implementation()
    {
        int[][] parts = [.. Cases.GetProperty("iid").EnumerateArray().Select(Ints)];
        Assert.That(Partition.Iid.Deal(new int[11], 3, seed: 42), Is.EqualTo(parts));
    }

    [Test]
    public void Neighbouring_seeds_and_streams_share_no_numbers()
    {
        HashSet<ulong> seen = [];
        for (ulong seed = 0; seed < 20; seed++)
        {
            for (ulong epoch = 0; epoch < 20; epoch++)
            {
                SeededRandom random = SeededRandom.ForStream(seed, epoch);
                for (int i = 0; i < 50; i++)
                {
                    Assert.That(seen.Add(random.NextUInt64()), Is.True);
                }
            }
        }
    }

    [Test]
    public void Every_order_of_four_items_comes_equally_often()
    {
        var random = new SeededRandom(7);
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        const int Rounds = 24_000;
        for (int round = 0; round < Rounds; round++)
        {
            char[] items = ['a', 'b', 'c', 'd'];
            random.Shuffle<char>(items);
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        // Chi-square with 23 degrees of freedom: beyond 49.7 once in a thousand seeds; this seed is fixed.
        double chiSquare = counts.Values.Sum(n => Math.Pow(n - (Rounds / 24.0), 2) / (Rounds / 24.0));
        Assert.That(counts, Has.Count.EqualTo(24));
        Assert.That(chiSquare, Is.LessThan(49.7));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void A_bound_without_numbers_below_it_is_refused(int bound) =>
        Assert.That(() => new SeededRandom(1).Next(bound), Throws.TypeOf<ArgumentOutOfRangeException>());

    private static SeededRandom Make(JsonElement item)
    {
        ulong seed = ulong.Parse(item.GetProperty("seed").GetString()!, CultureInfo.InvariantCulture);
        ulong[] stream = [.. Strings(item, "stream").Select(s => ulong.Parse(s, CultureInfo.InvariantCulture))];
        return stream.Length == 0 ? new SeededRandom(seed) : SeededRandom.ForStream(seed, stream);
    }

    private static string[] Strings(JsonElement item, string name) =>
        [.. item.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
