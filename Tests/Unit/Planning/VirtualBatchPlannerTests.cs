using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;

namespace TraversalLearning.Tests.Unit.Planning;

public sealed class VirtualBatchPlannerTests
{
    private static readonly int[] Uneven = [1, 7, 300];

    // Sample counts of up to 12 nodes, small ones and zeros among them, and a batch size.
    private static Arbitrary<(int[] Counts, int BatchSize)> Runs() => Arb.From(
        from counts in Gen.ArrayOf(Gen.Choose(0, 40)).Where(c => c.Length is > 0 and <= 12 && c.Sum() > 0)
        from batchSize in Gen.Choose(1, 64)
        select (counts, batchSize));

    [Test]
    public void Every_sample_of_every_node_is_in_exactly_one_batch_of_an_epoch() =>
        Prop.ForAll(Runs(), run =>
        {
            List<VirtualBatch> batches = [.. new VirtualBatchPlanner(run.Counts, run.BatchSize, seed: 3).Epoch(1)];
            IEnumerable<(int Node, int Index)> planned = batches.SelectMany(b => b.Plan.Visits).SelectMany(v => v.Indices.Select(i => (v.NodeId, i)));
            IEnumerable<(int Node, int Index)> held = run.Counts.SelectMany((count, node) => Enumerable.Range(0, count).Select(i => (node + 1, i)));
            return planned.Order().SequenceEqual(held);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Batches_are_full_but_for_the_last_and_numbered_from_zero() =>
        Prop.ForAll(Runs(), run =>
        {
            var planner = new VirtualBatchPlanner(run.Counts, run.BatchSize, seed: 3);
            List<VirtualBatch> batches = [.. planner.Epoch(2)];
            int total = run.Counts.Sum();
            return planner.TotalSamples == total
                && batches.Count == planner.BatchesPerEpoch
                && batches.Select((b, i) => b.Index == i && b.Epoch == 2).All(x => x)
                && batches.SkipLast(1).All(b => b.Rows == run.BatchSize)
                && batches[^1].Rows == total - ((batches.Count - 1) * run.BatchSize)
                && batches[^1].Rows > 0;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_smaller_last_batch_is_left_out_and_all_others_stay_as_they_are() =>
        Prop.ForAll(Runs(), run =>
        {
            VirtualBatch[] kept = [.. new VirtualBatchPlanner(run.Counts, run.BatchSize, seed: 3).Epoch(2)];
            VirtualBatch[] full = [.. new VirtualBatchPlanner(run.Counts, run.BatchSize, seed: 3, LastBatch.Drop).Epoch(2)];
            return full.All(b => b.Rows == run.BatchSize)
                && full.Length == run.Counts.Sum() / run.BatchSize
                && full.Zip(kept).All(b => b.First.Plan.Visits.SelectMany(v => v.Indices).SequenceEqual(b.Second.Plan.Visits.SelectMany(v => v.Indices)));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_nodes_rows_are_one_slice_and_the_slices_tile_the_batch_in_order_of_the_ids() =>
        Prop.ForAll(Runs(), run => new VirtualBatchPlanner(run.Counts, run.BatchSize, seed: 5).Epoch(1).All(batch =>
        {
            int row = 0;
            int node = 0;
            foreach (Visit visit in batch.Plan.Visits)
            {
                if (visit.RowStart != row || visit.NodeId <= node || visit.Rows == 0 || visit.Rows != visit.Indices.Length)
                {
                    return false;
                }

                row += visit.Rows;
                node = visit.NodeId;
            }

            return row == batch.Rows;
        })).QuickCheckThrowOnFailure();

    [Test]
    public void The_same_seed_gives_the_same_batches_and_another_one_others()
    {
        Assert.That(Describe(Uneven, 64, seed: 9, epoch: 1), Is.EqualTo(Describe(Uneven, 64, seed: 9, epoch: 1)));
        Assert.That(Describe(Uneven, 64, seed: 9, epoch: 1), Is.Not.EqualTo(Describe(Uneven, 64, seed: 10, epoch: 1)));
    }

    [Test]
    public void Every_epoch_is_shuffled_anew_whatever_was_asked_for_before()
    {
        string[] epochs = [.. Enumerable.Range(1, 5).Select(e => Describe(Uneven, 64, seed: 9, e))];
        Assert.That(epochs, Is.Unique);

        var planner = new VirtualBatchPlanner(Uneven, 64, seed: 9);
        _ = planner.Epoch(4).ToList();
        Assert.That(Describe(planner, 2), Is.EqualTo(epochs[1]));
    }

    // Computed with the generator of Golden/make_data_golden.py: shuffled(5) of seed 1, stream 1.
    [Test]
    public void The_plan_is_the_same_on_every_machine_and_version() =>
        Assert.That(Describe([2, 0, 3], 2, seed: 1, epoch: 1), Is.EqualTo("0: 1@0[0 1]; 1: 3@0[2 0]; 2: 3@0[1]"));

    [Test]
    public void A_batch_mixes_the_nodes_in_the_proportion_of_their_samples()
    {
        // The first batch of 40 epochs: a quarter of its 64 rows are node 1's, who holds a quarter of the samples.
        var planner = new VirtualBatchPlanner([1000, 3000], 64, seed: 2);
        double mean = Enumerable.Range(1, 40).Average(e => planner.Epoch(e).First().Plan.Visits.Where(v => v.NodeId == 1).Sum(v => v.Rows));
        Assert.That(mean, Is.EqualTo(16).Within(2));
    }

    [Test]
    public void A_node_without_samples_is_never_visited()
    {
        VirtualBatch[] batches = [.. new VirtualBatchPlanner([0, 5, 0, 5, 0], 3, seed: 1).Epoch(1)];
        Assert.That(batches.SelectMany(b => b.Plan.Visits).Select(v => v.NodeId).Distinct().Order(), Is.EqualTo((int[])[2, 4]));
        Assert.That(batches.Sum(b => b.Rows), Is.EqualTo(10));
    }

    [Test]
    public void A_node_without_a_row_in_the_batch_is_not_visited_in_it()
    {
        VirtualBatch[] batches = [.. new VirtualBatchPlanner(Uneven, 64, seed: 1).Epoch(1)];
        Assert.That(batches, Has.Length.EqualTo(5));
        Assert.That(batches.Count(b => b.Plan.Visits.Any(v => v.NodeId == 1)), Is.EqualTo(1), "one sample is in one batch");
        Assert.That(batches[^1].Rows, Is.EqualTo(308 - (4 * 64)));
    }

    [Test]
    public void Fewer_samples_than_nodes_or_than_a_batch_make_one_small_batch()
    {
        VirtualBatch batch = new VirtualBatchPlanner([1, 0, 0, 1, 0, 0], 64, seed: 1).Epoch(1).Single();
        Assert.That(batch.Rows, Is.EqualTo(2));
        Assert.That(batch.Plan.Visits.Select(v => (v.NodeId, v.RowStart, v.Rows)), Is.EqualTo(((int, int, int)[])[(1, 0, 1), (4, 1, 1)]));
    }

    private static string Describe(int[] counts, int batchSize, ulong seed, int epoch) => Describe(new VirtualBatchPlanner(counts, batchSize, seed), epoch);

    private static string Describe(VirtualBatchPlanner planner, int epoch) => string.Join("; ", planner.Epoch(epoch).Select(b =>
        $"{b.Index}: {string.Join(' ', b.Plan.Visits.Select(v => $"{v.NodeId}@{v.RowStart}[{string.Join(' ', v.Indices)}]"))}"));
}
