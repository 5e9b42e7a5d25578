using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

public sealed class TensorLeakTests
{
    [Test]
    public async Task Fifty_steps_leave_no_more_tensors_than_five([Values] Exchange exchange)
    {
        await using var cluster = new TestCluster(new ClusterOptions { Exchange = exchange, Shards = [40, 40, 40], BatchSize = 24 });
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. (await cluster.PlanAsync(epochs: 10)).Take(50)];
        Assert.That(batches.All(b => b.Plan.Visits.Count == 3), Is.True, "every node holds the same after every step");
        foreach (VirtualBatch batch in batches[..5])
        {
            await cluster.StepAsync(batch);
        }

        long afterFive = TensorCount.Settled();
        int gradients = cluster.Session.Parts.GradientBuffers;
        using (TensorCount.WithoutCollections())
        {
            foreach (VirtualBatch batch in batches[5..])
            {
                await cluster.StepAsync(batch);
            }

            // How many gradients are under way at once depends on time: room for another one may have been made since.
            TensorCount.AssertReaches(afterFive + cluster.Session.Parts.GradientBuffers - gradients);
        }
    }
}
