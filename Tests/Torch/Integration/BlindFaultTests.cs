using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The blind exchange when nodes and connections fail: the same model in the end, and no mask hides two values.</summary>
internal sealed class BlindFaultTests
{
    // Every batch visits all three nodes.
    private static readonly ClusterOptions Options = new() { Shards = [40, 40, 40], BatchSize = 24, Exchange = Exchange.Blind };
    private static readonly Lazy<Task<ClusterResult>> Undisturbed = new(() => TestCluster.RunAsync(Options, epochs: 2));

    private static readonly (MessageType Type, int Number)[] Moments =
    [
        (MessageType.IndexRange, 1), (MessageType.BlindStart, 1), (MessageType.BlindReady, 1), (MessageType.KeyQuery, 1), (MessageType.KeyOffered, 1),
        (MessageType.KeyRound, 1), (MessageType.KeyAgreed, 1), (MessageType.BlindStep, 1), (MessageType.BlindSum, 1), (MessageType.BlindStep, 4), (MessageType.BlindSum, 4),
        (MessageType.BlindApply, 1), (MessageType.BlindApplied, 1), (MessageType.BlindEvaluation, 1), (MessageType.BlindScores, 1), (MessageType.BlindFinish, 1),
        (MessageType.BlindFinished, 1),
    ];

    private static IEnumerable<TestCaseData> Kills() =>
        from moment in Moments
        from victim in new[] { 1, 2 }
        select new TestCaseData(victim, moment.Type, moment.Number).SetArgDisplayNames($"node {victim}", $"{moment.Type} {moment.Number}");

    [TestCaseSource(nameof(Kills))]
    public async Task A_node_that_is_killed_and_started_again_changes_nothing(int victim, MessageType type, int number)
    {
        await using var cluster = new TestCluster(Options);
        var tap = new MaskTap();
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxies = new ProxySet(cluster, 3, node => async frame =>
        {
            tap.See(node, frame);
            if (node == victim && frame.Type == type && frame.Number == number)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                await cluster.KillNodeAsync(victim);
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2);
        await await Task.WhenAny(killed.Task, training);
        cluster.StartNode(victim, proxies.EndpointOf(victim));

        AssertSame(await training, await Undisturbed.Value);
        tap.AssertEachMaskHidesOneValue();
        Assert.That(tap.Values, Is.GreaterThanOrEqualTo(3 * ((10 * 2) + 2)), "it has seen all of them");
    }

    [Test]
    public async Task Nodes_that_are_killed_again_and_again_change_nothing()
    {
        await using var cluster = new TestCluster(Options);
        var tap = new MaskTap();
        await using var proxies = new ProxySet(cluster, 3, node => frame =>
        {
            tap.See(node, frame);
            return frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        ClusterResult run = await cluster.TrainAsync(epochs: 2, async (step, _) =>
        {
            int victim = 1 + (step % 3);
            if (step > 0)
            {
                await cluster.KillNodeAsync(victim);
                cluster.StartNode(victim, proxies.EndpointOf(victim));
            }
        });
        AssertSame(run, await Undisturbed.Value);
        tap.AssertEachMaskHidesOneValue();
        Assert.That(tap.KeyEpochs, Is.EqualTo(10), "one at the start, and one for each node that was restored");
    }

    [Test]
    public async Task A_reply_that_is_lost_or_late_is_sent_again_as_the_same_bytes([Values] bool lost)
    {
        await using var cluster = new TestCluster(Options with { TaskTimeout = TimeSpan.FromSeconds(1) });
        var tap = new MaskTap();
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            tap.See(2, frame);
            if (frame.Type is MessageType.BlindSum or MessageType.BlindScores && frame.Number == 2)
            {
                await cluster.Log.WaitForAsync("[1008] node 2: no reply within the task timeout", cluster.Deadline, frame.Type == MessageType.BlindSum ? 1 : 2);
                if (lost)
                {
                    return;
                }
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        AssertSame(await cluster.TrainAsync(epochs: 2), await Undisturbed.Value);
        tap.AssertEachMaskHidesOneValue();
        Assert.That(tap.Repetitions, Is.EqualTo(3), "a gradient, its figures and an evaluation");
    }

    [Test]
    public async Task Duplicated_frames_change_nothing()
    {
        await using var cluster = new TestCluster(Options);
        var tap = new MaskTap();
        await using var proxies = new ProxySet(cluster, 3, node => async frame =>
        {
            tap.See(node, frame);
            await frame.SendAsync(frame.Type is >= MessageType.BlindStart and <= MessageType.BlindFinished ? [.. frame.Bytes, .. frame.Bytes] : frame.Bytes);
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        AssertSame(await cluster.TrainAsync(epochs: 2), await Undisturbed.Value);
        tap.AssertEachMaskHidesOneValue();
        Assert.That(tap.Repetitions, Is.GreaterThan(20));
    }

    [Test]
    public async Task All_nodes_started_anew_at_once_have_lost_the_model_and_the_run_says_so()
    {
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        UserErrorException? error = await Assert.ThrowsAsync<UserErrorException>(() => cluster.TrainAsync(epochs: 2, async (step, _) =>
        {
            for (int id = 1; id <= 3 && step == 3; id++)
            {
                await cluster.KillNodeAsync(id);
                cluster.StartNode(id);
            }
        }));
        Assert.That(error!.Message, Does.Contain("no node has the model of this run any more"));
    }

    [Test]
    public async Task Nodes_that_disagree_end_the_run_with_the_step_and_the_node()
    {
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        UserErrorException? error = await Assert.ThrowsAsync<UserErrorException>(() => cluster.TrainAsync(epochs: 2, (step, _) =>
        {
            if (step == 2)
            {
                using IDisposable noGrad = no_grad();
                cluster.ReplicaOf(3)!.Parameters.Values[7] += 1e-6f;
            }

            return Task.CompletedTask;
        }));
        Assert.That(error!.Message, Does.StartWith("the nodes disagree on the model after epoch 1, batch 3").And.Contains("node 3 has another one than the rest"));
    }

    [Test]
    public async Task Skip_goes_on_with_the_gradient_of_those_that_are_there_and_takes_the_lost_one_in_again()
    {
        ClusterOptions options = Options with { Type = ElementType.Float64, OnNodeLoss = OnNodeLoss.Skip };
        await using var cluster = new TestCluster(options);
        var tap = new MaskTap();
        await using var proxies = new ProxySet(cluster, 3, node => frame =>
        {
            tap.See(node, frame);
            return frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.StepAsync(batches[0]);
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        await cluster.KillNodeAsync(2);
        using Tensor before = cluster.ReplicaOf(1)!.Parameters.Values.clone();
        using Tensor gradient = zeros_like(before);
        cluster.ReplicaOf(1)!.Summed = _ => gradient.copy_(cluster.ReplicaOf(1)!.Parameters.Gradient);
        BatchOutcome outcome = await cluster.StepAsync(batches[1]);
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        AssertGradientOfTheOthers(options, batches[1], before, gradient, outcome);

        cluster.StartNode(2, proxies.EndpointOf(2));
        await cluster.JoinedAsync(2, times: 2);
        Assert.That((await cluster.StepAsync(batches[2])).Rows, Is.EqualTo(batches[2].Rows), "it takes part again");
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        Assert.That(cluster.ReplicaOf(2)!.Parameters.Sha256(), Is.EqualTo(cluster.ReplicaOf(1)!.Parameters.Sha256()));
        tap.AssertEachMaskHidesOneValue();
    }

    [Test]
    public async Task Skip_leaves_batches_of_too_few_nodes_out()
    {
        await using var cluster = new TestCluster(Options with { OnNodeLoss = OnNodeLoss.Skip, MinNodesPerBatch = 3 });
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        Assert.That((await cluster.StepAsync(batches[0])).Rows, Is.EqualTo(24));
        await cluster.KillNodeAsync(2);
        Assert.That((await cluster.StepAsync(batches[1])).Rows, Is.Zero);
        cluster.StartNode(2);
        await cluster.JoinedAsync(2, times: 2);
        Assert.That((await cluster.StepAsync(batches[2])).Rows, Is.EqualTo(24));
    }

    [TestCase(MessageType.BlindStep, 2)]
    [TestCase(MessageType.BlindSum, 2)]
    [TestCase(MessageType.BlindSum, 1)]
    [TestCase(MessageType.BlindApply, 1)]
    [TestCase(MessageType.BlindApplied, 1)]
    [TestCase(MessageType.BlindEvaluation, 1)]
    [TestCase(MessageType.BlindScores, 1)]
    [TestCase(MessageType.BlindFinish, 1)]
    [TestCase(MessageType.BlindFinished, 1)]
    public async Task Skip_goes_on_wherever_a_connection_is_lost(MessageType type, int number)
    {
        await using var cluster = new TestCluster(Options with { OnNodeLoss = OnNodeLoss.Skip });
        var tap = new MaskTap();
        await using var proxies = new ProxySet(cluster, 3, node => async frame =>
        {
            tap.See(node, frame);
            if (node == 2 && frame.Type == type && frame.Number == number)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);
        await cluster.JoinedAsync(1);
        await cluster.JoinedAsync(2);
        await cluster.JoinedAsync(3);
        ClusterResult run = await cluster.TrainAsync(epochs: 2);
        Assert.That(run.Losses, Has.Length.EqualTo(10).And.All.Positive);
        Assert.That(run.Evaluations, Has.Length.EqualTo(2));
        tap.AssertEachMaskHidesOneValue();
        string[] hashes = [.. new[] { 1, 3 }.Select(id => cluster.ReplicaOf(id)!.Parameters.Sha256()).Distinct(StringComparer.Ordinal)];
        Assert.That(hashes, Is.EqualTo((string[])[run.Hash]));
    }

    [Test]
    public async Task A_gradient_that_suddenly_is_much_larger_is_summed_with_more_headroom()
    {
        ClusterOptions options = Options with { Type = ElementType.Float64 };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync()];
        await cluster.StepAsync(batches[0]);
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        using (no_grad())
        {
            // All nodes alike: what follows is a large error, and with it a large gradient.
            for (int id = 1; id <= 3; id++)
            {
                cluster.ReplicaOf(id)!.Parameters.Values.mul_(300);
            }
        }

        using Tensor before = cluster.ReplicaOf(1)!.Parameters.Values.clone();
        using Tensor gradient = zeros_like(before);
        cluster.ReplicaOf(1)!.Summed = _ => gradient.copy_(cluster.ReplicaOf(1)!.Parameters.Gradient);
        await cluster.StepAsync(batches[1]);
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        Assert.That(cluster.Log.Count("Range"), Is.Positive);
        AssertGradient(options, batches[1], before, gradient);
    }

    [Test]
    public async Task Gradients_of_nodes_that_cancel_are_added()
    {
        // Node 2 has the images of node 1 with the other label, node 3 some of them with both; with even odds, all is balanced.
        SampleSet some = Synthetic.Images(8, classes: 2);
        byte[] pixels = [.. Enumerable.Range(0, 24).SelectMany(i => some.Sample(i < 16 ? i % 8 : i / 2 % 4).ToArray())];
        byte[] labels = [.. Enumerable.Range(0, 24).Select(i => (byte)(i < 16 ? (i / 8) ^ (i % 2) : i % 2))];
        ClusterOptions options = Options with
        {
            Shards = [8, 8, 8], Model = ModelPresets.Mlp([64, 24, 16, 2]), Images = SampleSet.GreyImages(pixels, labels, 8, 8), Optimizer = new OptimizerSettings(OptimizerKind.Sgd),
        };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch[] batches = [.. await cluster.PlanAsync(epochs: 4)];
        await cluster.StepAsync(batches[0]);
        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        using (no_grad())
        {
            for (int id = 1; id <= 3; id++)
            {
                // Both logits are the same.
                ParameterSlice[] last = [.. cluster.ReplicaOf(id)!.Parameters.Layout.TakeLast(2)];
                cluster.ReplicaOf(id)!.Parameters.Values.narrow(0, last[0].Offset, last.Sum(p => p.Count)).zero_();
            }
        }

        using Tensor before = cluster.ReplicaOf(1)!.Parameters.Values.clone();
        using Tensor gradient = zeros_like(before);
        cluster.ReplicaOf(1)!.Summed = _ => gradient.copy_(cluster.ReplicaOf(1)!.Parameters.Gradient);
        foreach (VirtualBatch batch in batches.Skip(1))
        {
            await cluster.StepAsync(batch);
        }

        await (await cluster.BlindAsync()).Group.FlushAsync(cluster.Deadline);
        Assert.That(cluster.Log.Count("Range"), Is.Positive);
        Assert.That(gradient.abs().max().item<float>(), Is.LessThan(1e-6), "while a node's alone is 0.1");
        Assert.That(cluster.ReplicaOf(2)!.Parameters.Sha256(), Is.EqualTo(cluster.ReplicaOf(1)!.Parameters.Sha256()));
    }

    private static void AssertSame(ClusterResult run, ClusterResult undisturbed)
    {
        Assert.That(run.Hash, Is.EqualTo(undisturbed.Hash));
        Assert.That(run.Losses, Is.EqualTo(undisturbed.Losses));
        Assert.That(run.Evaluations, Is.EqualTo(undisturbed.Evaluations).UsingPropertiesComparer());
    }

    private static void AssertGradientOfTheOthers(ClusterOptions options, VirtualBatch batch, Tensor theta, Tensor gradient, BatchOutcome outcome)
    {
        VirtualBatch others = batch.Without(new HashSet<int> { 2 });
        Assert.That(outcome.Rows, Is.EqualTo(others.Rows).And.LessThan(batch.Rows));
        AssertGradient(options, others, theta, gradient);
    }

    /// <summary>By hand: the mean loss over the rows of a batch, backwards through the whole model.</summary>
    private static void AssertGradient(ClusterOptions options, VirtualBatch batch, Tensor theta, Tensor gradient)
    {
        using ModelManager reference = options.NewContext().NewModel();
        using (no_grad())
        {
            reference.Parameters.Values.copy_(theta);
        }

        using var samples = new PooledSamples(options.EffectiveImages, options.EffectivePartition, reference.Setup, CPU);
        new CentralizedGradient(reference, samples).Compute(batch);
        using Tensor difference = (gradient - reference.Parameters.Gradient).abs().max();
        using Tensor scale = reference.Parameters.Gradient.abs().max();
        Assert.That(difference.item<double>() / scale.item<double>(), Is.LessThan(1e-12));
    }
}
