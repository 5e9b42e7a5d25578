using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Unit.Data;

public sealed class PartitionerTests
{
    [Test]
    public void Every_sample_belongs_to_exactly_one_node_and_the_shares_are_even([Values] PartitionKind kind) =>
        Prop.ForAll<byte, byte, ulong>((samples, moreNodes, seed) =>
        {
            int nodes = (moreNodes % 50) + 1;
            int[][] parts = [.. Enumerable.Range(0, nodes).Select(node => Partitioner.Partition(kind, samples, nodes, node, seed))];
            return parts.SelectMany(p => p).Order().SequenceEqual(Enumerable.Range(0, samples))
                && parts.All(p => p.Length - (samples / nodes) is 0 or 1);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Round_robin_deals_like_cards()
    {
        Assert.That(Partitioner.Partition(PartitionKind.RoundRobin, 10, 3, 0, seed: 1), Is.EqualTo((int[])[0, 3, 6, 9]));
        Assert.That(Partitioner.Partition(PartitionKind.RoundRobin, 10, 3, 2, seed: 1), Is.EqualTo((int[])[2, 5, 8]));
        Assert.That(Partitioner.Partition(PartitionKind.RoundRobin, 2, 3, 2, seed: 1), Is.Empty);
    }

    [Test]
    public void Iid_depends_on_the_seed_alone()
    {
        int[] first = Partitioner.Partition(PartitionKind.Iid, 1000, 3, 1, seed: 5);
        Assert.That(Partitioner.Partition(PartitionKind.Iid, 1000, 3, 1, seed: 5), Is.EqualTo(first));
        Assert.That(Partitioner.Partition(PartitionKind.Iid, 1000, 3, 1, seed: 6), Is.Not.EqualTo(first));
        Assert.That(first, Is.Not.Ordered);
    }

    [Test]
    public void Extreme_counts_do_not_overflow()
    {
        Assert.That(Partitioner.Partition(PartitionKind.RoundRobin, int.MaxValue, int.MaxValue, int.MaxValue - 1, 0), Is.EqualTo((int[])[int.MaxValue - 1]));
        Assert.That(Partitioner.Partition(PartitionKind.Iid, 10, int.MaxValue, int.MaxValue - 1, 0), Has.Length.EqualTo(1));
    }

    [TestCase(-1, 1, 0)]
    [TestCase(1, 0, 0)]
    [TestCase(1, 2, 2)]
    [TestCase(1, 2, -1)]
    public void Senseless_arguments_are_refused(int samples, int nodes, int node) =>
        Assert.That(() => Partitioner.Partition(PartitionKind.Iid, samples, nodes, node, 0), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Names_of_the_command_line_go_both_ways()
    {
        foreach (PartitionKind kind in Enum.GetValues<PartitionKind>())
        {
            Assert.That(Partitioner.TryParse(Partitioner.NameOf(kind), out PartitionKind parsed) && parsed == kind, Is.True);
        }

        Assert.That(Partitioner.NameOf(PartitionKind.RoundRobin), Is.EqualTo("round_robin"));
        Assert.That(Partitioner.TryParse("IID", out _), Is.False);
        Assert.That(Partitioner.TryParse(null, out _), Is.False);
    }
}
