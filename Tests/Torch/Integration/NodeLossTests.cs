using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What <c>--on_node_loss</c> promises of a node that is lost and does not come back, or not soon.</summary>
internal sealed class NodeLossTests
{
    // Every batch visits all three nodes.
    private static readonly ClusterOptions Options = new() { Shards = [40, 40, 40], BatchSize = 24, Type = ElementType.Float64 };

    [Test]
    public async Task Skip_gives_the_gradient_of_the_rows_that_are_there([ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange, [Values] TraversalOrder order)
    {
        ClusterOptions options = Options with { Exchange = exchange, Order = order, OnNodeLoss = OnNodeLoss.Skip };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.StepAsync(batches[0]);
        await cluster.KillNodeAsync(2);

        BatchOutcome outcome = await cluster.Session.Parts.Gradients.ComputeAsync(batches[1], cluster.Deadline);

        AssertGradientOfTheOthers(cluster, options, batches[1], outcome);
        Assert.That(cluster.Log.Count("[1040] node 2"), Is.EqualTo(1));
        cluster.Session.Model.Update();
        await cluster.StepAsync(batches[2]);
        Assert.That(cluster.Log.Count("[1040] node 2"), Is.EqualTo(1), "said once");
    }

    [TestCase(Exchange.TwoPhase, MessageType.ForwardPass)]
    [TestCase(Exchange.TwoPhase, MessageType.ForwardResult)]
    [TestCase(Exchange.TwoPhase, MessageType.Backward)]
    [TestCase(Exchange.TwoPhase, MessageType.BackwardResult)]
    [TestCase(Exchange.OnePhase, MessageType.ForwardPass)]
    [TestCase(Exchange.OnePhase, MessageType.ForwardResult)]
    [TestCase(Exchange.OnePhase, MessageType.BackwardResult)]
    [TestCase(Exchange.Relay, MessageType.ForwardPass)]
    [TestCase(Exchange.Relay, MessageType.ActivationResult)]
    [TestCase(Exchange.Relay, MessageType.LossPass)]
    [TestCase(Exchange.Relay, MessageType.LossResult)]
    [TestCase(Exchange.Relay, MessageType.Backward)]
    [TestCase(Exchange.Relay, MessageType.BackwardResult)]
    public async Task Skip_holds_wherever_in_the_step_the_node_is_lost(Exchange exchange, MessageType type)
    {
        ClusterOptions options = Options with { Exchange = exchange, OnNodeLoss = OnNodeLoss.Skip };
        await using var cluster = new TestCluster(options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == type && frame.Number == 2)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.StepAsync(batches[0]);

        BatchOutcome outcome = await cluster.Session.Parts.Gradients.ComputeAsync(batches[1], cluster.Deadline);

        AssertGradientOfTheOthers(cluster, options, batches[1], outcome);
        cluster.Session.Model.Update();
        await cluster.JoinedAsync(2, times: 2);
        Assert.That((await cluster.StepAsync(batches[2])).Rows, Is.EqualTo(batches[2].Rows), "it takes part again");
        Assert.That(cluster.Log.Count("[1041] node 2 is back"), Is.EqualTo(1));
    }

    [Test]
    public async Task Skip_leaves_a_batch_out_of_which_no_node_is_there()
    {
        // One row a batch: the batches of node 2 are its alone.
        ClusterOptions options = Options with { Shards = [3, 3], BatchSize = 1, OnNodeLoss = OnNodeLoss.Skip };
        using var folder = new TempFolder();
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.KillNodeAsync(2);
        foreach (VirtualBatch batch in batches)
        {
            string before = cluster.Hash;
            BatchOutcome outcome = await cluster.Session.Parts.Gradients.ComputeAsync(batch, cluster.Deadline);
            Assert.That(outcome.Rows, Is.EqualTo(batch.Plan.Visits[0].NodeId == 1 ? 1 : 0));
            Assert.That(cluster.Hash, Is.EqualTo(before));
        }

        Assert.That(cluster.Log.Count("[1042]"), Is.EqualTo(3));
    }

    [Test]
    public async Task Skip_waits_for_some_node_when_all_are_lost_and_gives_up_in_the_end()
    {
        ClusterOptions options = Options with { OnNodeLoss = OnNodeLoss.Skip, ReconnectTimeout = TimeSpan.FromMilliseconds(300) };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        foreach (int id in new[] { 1, 2, 3 })
        {
            await cluster.KillNodeAsync(id);
        }

        await Assert.ThatAsync(() => cluster.StepAsync(batches[0]), Throws.TypeOf<NodeLostException>());
        cluster.StartNode(3);
        await cluster.JoinedAsync(3, times: 2);
        Assert.That((await cluster.StepAsync(batches[0])).Rows, Is.EqualTo(batches[0].Plan.Visits.Single(v => v.NodeId == 3).Rows));
    }

    [Test]
    public async Task Abort_ends_at_once_though_the_node_would_come_back()
    {
        await using var cluster = new TestCluster(Options with { OnNodeLoss = OnNodeLoss.Abort });
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 2)
            {
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.StepAsync(batches[0]);
        NodeLostException? lost = await Assert.ThrowsAsync<NodeLostException>(() => cluster.StepAsync(batches[1]));
        Assert.That(lost!.NodeId, Is.EqualTo(2));
    }

    /// <summary>By hand: the mean loss over the rows of nodes 1 and 3, backwards through the whole model.</summary>
    private static void AssertGradientOfTheOthers(TestCluster cluster, ClusterOptions options, VirtualBatch batch, BatchOutcome outcome)
    {
        Visit[] others = [.. batch.Plan.Visits.Where(v => v.NodeId != 2)];
        int[] rows = [.. others.SelectMany(v => v.Indices.Select(i => options.EffectivePartition[v.NodeId - 1][i]))];
        Assert.That(outcome.Rows, Is.EqualTo(rows.Length).And.LessThan(batch.Rows));

        using ModelManager reference = options.NewContext().NewModel();
        reference.Parameters.CopyValuesFrom(cluster.Session.Model.Parameters);
        using var samples = new PooledSamples(options.EffectiveImages, [rows], reference.Setup, CPU);
        var all = new TraversalPlan([new Visit(1, [.. Enumerable.Range(0, rows.Length)], 0)]);
        BatchOutcome expected = new CentralizedGradient(reference, samples).Compute(new VirtualBatch(1, 0, rows.Length, all));

        Assert.That(outcome.LossSum, Is.EqualTo(expected.LossSum).Within(1e-10));
        Assert.That(outcome.Hits, Is.EqualTo(expected.Hits));
        using Tensor difference = (cluster.Session.Model.Parameters.Gradient - reference.Parameters.Gradient).abs().max();
        using Tensor scale = reference.Parameters.Gradient.abs().max();
        Assert.That(difference.item<double>() / scale.item<double>(), Is.LessThan(1e-12));
    }
}
