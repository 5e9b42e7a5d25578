using TraversalLearning.Data.Batches;

namespace TraversalLearning.Tests.Unit.Planning;

internal sealed class HoldOutTests
{
    private static readonly int[] Counts = [40, 0, 1, 9, 100];

    [TestCase(0)]
    [TestCase(0.1)]
    [TestCase(0.25)]
    [TestCase(0.9)]
    public void Every_sample_is_trained_on_or_kept_out_and_each_node_keeps_its_share(double fraction)
    {
        var holdOut = HoldOut.Of(Counts, fraction, seed: 3);
        for (int node = 0; node < Counts.Length; node++)
        {
            Assert.That(holdOut.Training[node].Concat(holdOut.Validation[node]), Is.EquivalentTo(Enumerable.Range(0, Counts[node])));
            Assert.That(holdOut.Validation[node], Has.Length.EqualTo((int)(fraction * Counts[node])).And.Ordered);
            Assert.That(holdOut.Training[node], Is.Ordered.And.Length.GreaterThanOrEqualTo(Math.Min(1, Counts[node])), "each node trains on some");
        }
    }

    [Test]
    public void The_share_is_that_of_the_seed_and_of_the_node()
    {
        string Describe(ulong seed, int node) => string.Join(',', HoldOut.Of([100, 100], 0.2, seed).Validation[node]);
        Assert.That(Describe(1, 0), Is.EqualTo(Describe(1, 0)).And.Not.EqualTo(Describe(2, 0)).And.Not.EqualTo(Describe(1, 1)));
        Assert.That(HoldOut.Of([100, 100], 0.2, 1).Validation[0].Any(i => i < 50), Is.True, "not the last ones, which may be of one kind");
        Assert.That(
            HoldOut.Of([7, 100], 0.2, 1).Validation[1], Is.EqualTo(HoldOut.Of([50, 100], 0.2, 1).Validation[1]), "whatever the others have");
    }

    [Test]
    public void A_planner_gives_out_what_it_was_given()
    {
        var holdOut = HoldOut.Of(Counts, 0.25, seed: 3);
        var planner = new VirtualBatchPlanner(holdOut.Training, batchSize: 16, seed: 1);
        foreach (int epoch in new[] { 1, 2 })
        {
            ILookup<int, int> planned = planner.Epoch(epoch).SelectMany(b => b.Plan.Visits).SelectMany(v => v.Indices.Select(i => (v.NodeId, i))).ToLookup(p => p.NodeId, p => p.i);
            for (int node = 0; node < Counts.Length; node++)
            {
                Assert.That(planned[node + 1], Is.EquivalentTo(holdOut.Training[node]));
            }
        }
    }
}
