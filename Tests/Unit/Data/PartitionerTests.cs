using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What each partitioner promises (docs/reference/partitions.md), and that all of them deal every sample to exactly one node.</summary>
public sealed class PartitionerTests
{
    private static readonly string[] Spellings =
    [
        "round_robin", "iid", "dirichlet:0.001", "dirichlet:0.1", "dirichlet:1", "dirichlet:1000000", "shards:1", "shards:2", "shards:100", "one_class",
        "classes:1", "classes:3", "classes:100", "quantity:0.001", "quantity:0.5", "quantity:1000000",
    ];

    [Test]
    public void Parts_are_those_of_the_independent_implementation()
    {
        JsonElement golden = Golden.Json("partitions.json");
        int[] labels = [.. golden.GetProperty("labels").EnumerateArray().Select(e => e.GetInt32())];
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            string spelling = item.GetProperty("partition").GetString()!;
            int[][] parts = Partition.Parse(spelling).Deal(labels, item.GetProperty("nodes").GetInt32(), item.GetProperty("seed").GetUInt64());
            Assert.That(
                parts.Select(p => string.Join(' ', p)), Is.EqualTo(item.GetProperty("parts").EnumerateArray().Select(e => e.GetString())), $"{spelling}, {parts.Length}");
        }
    }

    [TestCaseSource(nameof(Spellings))]
    public void Every_sample_belongs_to_exactly_one_node_and_the_same_one_again(string spelling) =>
        Prop.ForAll<byte[], byte, ulong>((small, moreNodes, seed) =>
        {
            int[] labels = Array.ConvertAll(small, l => (int)l);
            int nodes = (moreNodes % 50) + 1;
            int[][] parts = Partition.Parse(spelling).Deal(labels, nodes, seed);
            return parts.Length == nodes
                && parts.SelectMany(p => p).Order().SequenceEqual(Enumerable.Range(0, labels.Length))
                && parts.Zip(Partition.Parse(spelling).Deal(labels, nodes, seed), (a, b) => a.SequenceEqual(b)).All(same => same);
        }).QuickCheckThrowOnFailure();

    [TestCaseSource(nameof(Spellings))]
    public void Without_samples_every_node_gets_none(string spelling) =>
        Assert.That(Partition.Parse(spelling).Deal([], 3, seed: 1), Is.EqualTo((int[][])[[], [], []]));

    [TestCaseSource(nameof(Spellings))]
    public void What_is_random_depends_on_the_seed(string spelling)
    {
        int[] labels = Labels(1000, classes: 10);
        var partition = Partition.Parse(spelling);
        bool same = partition.Deal(labels, 3, seed: 5).Zip(partition.Deal(labels, 3, seed: 6), (a, b) => a.SequenceEqual(b)).All(equal => equal);

        // Three nodes hold ten classes in one way in turn, and all of them each in another.
        Assert.That(same, Is.EqualTo(spelling is "round_robin" or "one_class"));
    }

    [TestCase("round_robin")]
    [TestCase("iid")]
    public void Shares_are_even(string spelling) => Prop.ForAll<byte, byte>((samples, moreNodes) =>
    {
        int nodes = (moreNodes % 50) + 1;
        return Partition.Parse(spelling).Deal(new int[samples], nodes, seed: 1).All(p => p.Length - (samples / nodes) is 0 or 1);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Round_robin_deals_like_cards()
    {
        Assert.That(Partition.RoundRobin.Deal(new int[10], 3, seed: 1), Is.EqualTo((int[][])[[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]));
        Assert.That(Partition.RoundRobin.Deal(new int[2], 3, seed: 1), Is.EqualTo((int[][])[[0], [1], []]));
    }

    [Test]
    public void Counts_whose_product_is_beyond_an_int_do_not_overflow([Values("round_robin", "iid", "shards:2", "one_class")] string spelling)
    {
        int[][] parts = Partition.Parse(spelling).Deal(new int[60_000], 100_000, seed: 1);
        Assert.That(parts.Sum(p => p.Length), Is.EqualTo(60_000));
        Assert.That(parts.Max(p => p.Length), Is.LessThanOrEqualTo(2));
    }

    [Test]
    public void A_small_alpha_gives_each_class_to_few_nodes_and_a_large_one_to_all_alike()
    {
        int[] labels = Labels(10_000, classes: 10);
        Assert.That(LargestShares("dirichlet:0.01").Average(), Is.GreaterThan(0.9));
        Assert.That(LargestShares("dirichlet:1").Average(), Is.InRange(0.35, 0.65));
        Assert.That(LargestShares("dirichlet:1000000").Max(), Is.LessThan(0.22));

        double[] LargestShares(string spelling)
        {
            int[][] counts = CountsOf(labels, Partition.Parse(spelling).Deal(labels, 5, seed: 3));
            return [.. Enumerable.Range(0, 10).Select(c => counts.Max(row => row[c]) / 1000.0)];
        }
    }

    [Test]
    public void Drawn_shares_leave_every_node_ten_samples_or_an_equal_share([Values("dirichlet:0.1", "quantity:0.3")] string spelling)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            Assert.That(Partition.Parse(spelling).Deal(Labels(2000, classes: 10), 8, seed).Min(p => p.Length), Is.GreaterThanOrEqualTo(10));
            Assert.That(Partition.Parse(spelling).Deal(Labels(12, classes: 10), 3, seed).Sum(p => p.Length), Is.EqualTo(12));
        }
    }

    [Test]
    public void Where_no_draw_leaves_every_node_samples_some_get_none([Values("dirichlet:0.001", "quantity:0.001")] string spelling) =>
        Assert.That(Partition.Parse(spelling).Deal(Labels(2000, classes: 10), 50, seed: 1), Has.Some.Empty);

    [Test]
    public void Shards_are_runs_of_the_samples_sorted_by_label()
    {
        int[] labels = Labels(1000, classes: 10);
        foreach (int[] counts in CountsOf(labels, Partition.Parse("shards:2").Deal(labels, 10, seed: 1)))
        {
            // Twenty shards of fifty, two to each class.
            Assert.That(counts.Where(n => n > 0), Is.EqualTo((int[])[50, 50]).Or.EqualTo((int[])[100]));
        }

        Assert.That(Partition.Parse("shards:3").Deal(labels, 7, seed: 1).Select(p => p.Length), Has.All.InRange(3 * 47, 3 * 48));
    }

    [TestCase(10)]
    [TestCase(13)]
    [TestCase(40)]
    public void One_class_deals_classes_in_turn_and_splits_those_with_several_nodes_evenly(int nodes)
    {
        int[] labels = Labels(1000, classes: 10);
        int[][] counts = CountsOf(labels, Partition.Parse("one_class").Deal(labels, nodes, seed: 1));
        for (int node = 0; node < nodes; node++)
        {
            int holders = ((nodes - 1 - (node % 10)) / 10) + 1;
            Assert.That(counts[node].Sum(), Is.EqualTo(counts[node][node % 10]).And.InRange(100 / holders, (100 / holders) + 1));
        }
    }

    [Test]
    public void One_class_gives_several_whole_classes_where_nodes_are_few()
    {
        int[] labels = Labels(1000, classes: 10);
        int[][] counts = CountsOf(labels, Partition.Parse("one_class").Deal(labels, 4, seed: 1));
        for (int node = 0; node < 4; node++)
        {
            Assert.That(counts[node], Is.EqualTo(Enumerable.Range(0, 10).Select(c => c % 4 == node ? 100 : 0)));
        }
    }

    [Test]
    public void Classes_that_have_no_sample_do_not_count() =>
        Assert.That(Partition.Parse("one_class").Deal([200, 7, 7, 200], 2, seed: 1), Is.EqualTo((int[][])[[1, 2], [0, 3]]));

    [Test]
    public void Classes_gives_exactly_k_to_each_node_and_each_class_to_as_many_nodes_as_another()
    {
        int[] labels = Labels(2000, classes: 10);
        foreach ((int nodes, int perNode) in new[] { (5, 2), (7, 2), (10, 3), (20, 1), (3, 9), (4, 10) })
        {
            int[][] counts = CountsOf(labels, Partition.Parse($"classes:{perNode}").Deal(labels, nodes, seed: 4));
            Assert.That(counts.Select(row => row.Count(n => n > 0)), Has.All.EqualTo(perNode));
            int[] holders = [.. Enumerable.Range(0, 10).Select(c => counts.Count(row => row[c] > 0))];
            Assert.That(holders.Max() - holders.Min(), Is.LessThanOrEqualTo(1));
            for (int c = 0; c < 10; c++)
            {
                int[] shares = [.. counts.Select(row => row[c]).Where(n => n > 0)];
                Assert.That(shares.Max() - shares.Min(), Is.LessThanOrEqualTo(1), "evenly");
            }
        }
    }

    [Test]
    public void Classes_gives_more_than_k_where_nodes_are_too_few_for_all()
    {
        int[] labels = Labels(1000, classes: 10);
        int[][] counts = CountsOf(labels, Partition.Parse("classes:2").Deal(labels, 4, seed: 1));
        Assert.That(counts.Select(row => row.Count(n => n > 0)), Is.EquivalentTo((int[])[2, 2, 3, 3]));
        Assert.That(counts.SelectMany(row => row).Where(n => n > 0), Has.All.EqualTo(100), "whole classes");
        Assert.That(CountsOf(labels, Partition.Parse("classes:100").Deal(labels, 4, seed: 1)).SelectMany(row => row), Has.All.EqualTo(25), "all of them");
    }

    [Test]
    public void Quantity_cuts_the_permutation_of_iid_elsewhere()
    {
        int[] labels = Labels(10_000, classes: 10);
        int[][] parts = Partition.Parse("quantity:0.3").Deal(labels, 5, seed: 1);
        Assert.That(parts.SelectMany(p => p), Is.EqualTo(Partition.Iid.Deal(labels, 5, seed: 1).SelectMany(p => p)));
        Assert.That(parts.Max(p => p.Length), Is.GreaterThan(3 * parts.Min(p => p.Length)));
        int[] largest = CountsOf(labels, parts).MaxBy(row => row.Sum())!;
        Assert.That(largest.Select(n => n * 10.0 / largest.Sum()), Has.All.EqualTo(1).Within(0.15), "labels as in the whole");
    }

    [TestCaseSource(nameof(Spellings))]
    public void Spellings_go_both_ways(string spelling)
    {
        var partition = Partition.Parse(spelling);
        Assert.That(partition.ToString(), Is.EqualTo(spelling));
        Assert.That(Partition.Parse(partition.ToString()), Is.EqualTo(partition));
    }

    [Test]
    public void One_partition_has_one_spelling()
    {
        Assert.That(Partition.Parse("dirichlet:0.50").ToString(), Is.EqualTo("dirichlet:0.5"));
        Assert.That(Partition.Parse("quantity:1e-1").ToString(), Is.EqualTo("quantity:0.1"));
        Assert.That(Partition.Parse("shards:02").ToString(), Is.EqualTo("shards:2"));
    }

    [TestCase("", "one of round_robin|iid|dirichlet:α|shards:k|one_class|classes:k|quantity:α")]
    [TestCase("IID", "one of round_robin|iid|dirichlet:α|shards:k|one_class|classes:k|quantity:α")]
    [TestCase("iid:2", "iid without a number")]
    [TestCase("one_class:", "one_class without a number")]
    [TestCase("dirichlet", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("dirichlet:", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("dirichlet:0", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("dirichlet:NaN", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("dirichlet:0,5", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("dirichlet:1:2", "dirichlet:α with a number from 0.001 to 1000000, such as dirichlet:0.5")]
    [TestCase("quantity:2000000", "quantity:α with a number from 0.001 to 1000000, such as quantity:0.5")]
    [TestCase("shards:0", "shards:k with a whole number from 1 to 100, such as shards:2")]
    [TestCase("shards:1.5", "shards:k with a whole number from 1 to 100, such as shards:2")]
    [TestCase("classes:101", "classes:k with a whole number from 1 to 100, such as classes:2")]
    public void A_wrong_spelling_says_what_would_be_right(string spelling, string right) =>
        Assert.That(() => Partition.Parse(spelling), Throws.TypeOf<FormatException>().With.Message.EqualTo(right));

    [Test]
    public void No_nodes_are_refused([Values(0, -1)] int nodes) =>
        Assert.That(() => Partition.Iid.Deal([1], nodes, seed: 1), Throws.TypeOf<ArgumentOutOfRangeException>());

    /// <summary>As many of each class as of another, in no order.</summary>
    private static int[] Labels(int count, int classes)
    {
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % classes)];
        new SeededRandom(9).Shuffle<int>(labels);
        return labels;
    }

    /// <summary>Samples of every node, <c>[nodes][10]</c>.</summary>
    private static int[][] CountsOf(int[] labels, int[][] parts) =>
        Array.ConvertAll(parts, own => Enumerable.Range(0, 10).Select(c => own.Count(sample => labels[sample] == c)).ToArray());
}
