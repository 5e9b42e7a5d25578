using System.Collections.Concurrent;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Models pass along the edges and nowhere else, no more of them than must; what else a user of gossip would miss. What holds for every method: <see cref="EveryMethodTests"/>.</summary>
public sealed class GossipTests
{
    private const int Rounds = 4;

    private static readonly ClusterOptions Line = GossipRun.Options(new ClusterOptions { Shards = [24, 16, 20], BatchSize = 8 }, "line");

    private static readonly ModelDescription WithBuffers = new(
        "with buffers",
        [1, 8, 8],
        10,
        [new FlattenLayer("flatten"), new LinearLayer("fc1", 64, 12, Bias: false), new BatchNormLayer("norm", 12), new ReluLayer("relu"), new LinearLayer("fc2", 12, 10)]);

    [Test]
    public async Task Among_all_and_equals_it_is_federated_averaging()
    {
        ClusterOptions options = new() { Shards = [16, 16, 16, 16], BatchSize = 8, Type = ElementType.Float64 };
        var averaged = new List<double[]>();
        await using (var cluster = new TestCluster(options with { Algorithm = "fedavg" }))
        {
            cluster.StartAllNodes();
            await cluster.TrainByMethodAsync(Rounds, (_, _) =>
            {
                averaged.Add(FederatedExample.Parameters(cluster.Session.Model));
                return Task.CompletedTask;
            });
        }

        await using var decentralized = new TestCluster(GossipRun.Options(options, "complete"));
        decentralized.StartAllNodes();
        await decentralized.TrainByMethodAsync(Rounds, (round, _) =>
        {
            Assert.That(FederatedExample.Parameters(decentralized.Session.Model), Is.EqualTo(averaged[round.Epoch - 1]).Within(1e-12), $"{round}");
            return Task.CompletedTask;
        });
    }

    [Test]
    public async Task A_node_gets_what_its_neighbours_sent_and_its_own_model_only_at_the_start()
    {
        var sent = new ConcurrentDictionary<(int Node, int Epoch), byte[]>();
        var came = new ConcurrentDictionary<(int Node, int Epoch), ReceivedFrame>();
        await using var cluster = new TestCluster(Line);
        await using var proxies = new ProxySet(cluster, 3, id => frame =>
        {
            if (frame.Type is MessageType.GossipRound or MessageType.GossipResult)
            {
                ReceivedFrame received = Frames.Read(frame.Bytes)!;
                if (received.Message is GossipResult result)
                {
                    sent[(id, result.Result.Step.Epoch)] = received.Tensors[0];
                }
                else
                {
                    came[(id, ((GossipRound)received.Message).Training.Step.Epoch)] = received;
                }
            }

            return frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);

        await cluster.TrainByMethodAsync(Rounds);

        int[][] neighbors = [[2], [1, 3], [2]];
        for (int node = 1; node <= 3; node++)
        {
            Assert.That(came[(node, 1)].Descriptors.Select(d => d.Name), Is.EqualTo((string[])[TensorNames.Parameters]), "they begin with the same model");
            for (int epoch = 2; epoch <= Rounds; epoch++)
            {
                ReceivedFrame frame = came[(node, epoch)];
                Assert.That(((GossipRound)frame.Message).Neighbors, Is.EqualTo(neighbors[node - 1]));
                Assert.That(frame.Descriptors.Select(d => d.Name), Is.EqualTo((string[])[TensorNames.NeighborParameters]), "it holds its own");
                Assert.That(
                    frame.Tensors[0].AsSpan().SequenceEqual(neighbors[node - 1].SelectMany(n => sent[(n, epoch - 1)]).ToArray()),
                    Is.True,
                    $"node {node}, epoch {epoch}");
            }
        }
    }

    [TestCase(new long[] { 3 }, "sends its model to 3, which is no neighbour")]
    [TestCase(new long[] { 2, 3 }, "sends its model to 3, which is no neighbour")]
    [TestCase(new long[] { 1 }, "sends its model to 1, which is no neighbour")]
    [TestCase(new long[] { 0 }, "sends its model to 0, which is no neighbour")]
    [TestCase(new long[] { 1L << 40 }, "sends its model to 1099511627776, which is no neighbour")]
    [TestCase(new long[] { 2, 2 }, "does not send its model to each of its neighbours once")]
    [TestCase(new long[0], "does not send its model to each of its neighbours once")]
    public async Task Whoever_sends_his_model_to_others_than_his_neighbours_is_cut_off_and_asked_again(long[] to, string reason)
    {
        await using var cluster = new TestCluster(Line);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame => frame.Type == MessageType.GossipResult && frame.Number == 2
            ? frame.SendAsync(GossipRun.Readdressed(frame.Bytes, to))
            : frame.ForwardAsync());
        cluster.StartAllNodes(id => id == 1 ? proxy.Endpoint : null);

        ClusterResult run = await cluster.TrainByMethodAsync(Rounds);

        await AssertUndisturbedAsync(Line, run);
        Assert.That(cluster.Log.Count($"protocol violation: node 1 {reason}"), Is.Not.Zero);
        Assert.That(cluster.Log.Count("[1002] node 1 joined"), Is.EqualTo(2), "it was let in again");
        Assert.That(cluster.Log.Count("[1002] node 2 joined"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_restarted_node_is_sent_its_model_and_one_that_lost_its_connection_is_not()
    {
        var names = new ConcurrentQueue<string>();
        bool cut = false;
        await using var cluster = new TestCluster(Line);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.GossipRound)
            {
                names.Enqueue(string.Join('+', Frames.Read(frame.Bytes)!.Descriptors.Select(d => d.Name)));
            }

            if (frame is { Type: MessageType.GossipRound, Number: 2 } && !cut)
            {
                cut = true;
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        ClusterResult run = await cluster.TrainByMethodAsync(Rounds, async (round, _) =>
        {
            if (round.Epoch == 3)
            {
                await cluster.KillNodeAsync(2);

                // The orchestrator has noticed, so that the next round is asked of the node that was started anew.
                await cluster.Log.WaitForAsync("[1003] node 2 left", cluster.Deadline, count: 2);
                cluster.StartNode(2, proxy.Endpoint);
            }
        });

        await AssertUndisturbedAsync(Line, run);
        Assert.That(
            names,
            Is.EqualTo((string[])["params", "neighbor_params", "neighbor_params", "neighbor_params", "neighbor_params", "neighbor_params+params"]),
            "the start; the connection cut, and again; a round; the node restarted, and again with its model");
    }

    [Test]
    public async Task Buffers_pass_and_mix_like_parameters()
    {
        ClusterOptions options = Line with { Model = WithBuffers, Cut = "fc1", Type = ElementType.Float64 };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        GossipRun run = await GossipRun.BeginAsync(cluster);
        for (int round = 1; round <= Rounds; round++)
        {
            await run.RoundAsync();
            double[][] own = [.. Enumerable.Range(1, 3).Select(node => run.State($"buffers.{node}"))];
            double[] mean = [.. own[0].Select((_, i) => ((24 * own[0][i]) + (16 * own[1][i]) + (20 * own[2][i])) / 60)];
            using HostTensor buffers = HostTensor.Zeros([24], TorchSharp.torch.ScalarType.Float64);
            FlatBuffers.Read(cluster.Session.Model.Parameters, buffers.Tensor);
            Assert.That(buffers.Tensor.data<double>().ToArray(), Is.EqualTo(mean).Within(1e-12));
            if (round == 2)
            {
                await cluster.KillNodeAsync(3);
                cluster.StartNode(3);
            }
        }

        await run.FinishAsync();
        string restarted = run.Everything();
        await using var undisturbed = new TestCluster(options);
        undisturbed.StartAllNodes();
        run = await GossipRun.BeginAsync(undisturbed);
        for (int round = 1; round <= Rounds; round++)
        {
            await run.RoundAsync();
        }

        Assert.That(run.Everything(), Is.EqualTo(restarted));
        await run.FinishAsync();
    }

    [Test]
    public async Task A_skipped_node_keeps_its_model_and_its_neighbours_mix_with_that()
    {
        var rows = new ConcurrentDictionary<int, byte[]>();
        await using var cluster = new TestCluster(Line with { OnNodeLoss = OnNodeLoss.Skip });
        await using var proxy = new FaultProxy(cluster.Endpoint, frame =>
        {
            if (frame.Type == MessageType.GossipRound && frame.Number > 1)
            {
                rows[frame.Number] = Frames.Read(frame.Bytes)!.Tensors[0];
            }

            return frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 1 ? proxy.Endpoint : null);
        GossipRun run = await GossipRun.BeginAsync(cluster);
        await run.RoundAsync();
        double[] last = run.State("theta.2");
        await cluster.KillNodeAsync(2);
        RoundOutcome without = await run.RoundAsync();
        await run.RoundAsync();
        Assert.That(without.SkippedRows, Is.EqualTo(16));
        Assert.That(run.State("theta.2"), Is.EqualTo(last));
        Assert.That(rows[3].AsSpan().SequenceEqual(rows[2]), Is.True, "node 1 mixed with the same model twice");
        cluster.StartNode(2);
        await cluster.JoinedAsync(2, times: 2);
        Assert.That((await run.RoundAsync()).SkippedRows, Is.Zero);
        Assert.That(run.State("theta.2"), Is.Not.EqualTo(last));
        await run.FinishAsync();
    }

    [Test]
    public async Task A_round_that_does_not_end_changes_nothing()
    {
        await using var cluster = new TestCluster(Line);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cluster.Deadline);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame is { Type: MessageType.GossipResult, Number: 3 })
            {
                await stop.CancelAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 3 ? proxy.Endpoint : null);
        GossipRun run = await GossipRun.BeginAsync(cluster);
        await run.RoundAsync();
        await run.RoundAsync();
        (string state, string hash) = (run.Everything(), cluster.Hash);
        Assert.That(async () => await run.RoundAsync(stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((run.Everything(), cluster.Hash), Is.EqualTo((state, hash)));
    }

    private static async Task AssertUndisturbedAsync(ClusterOptions options, ClusterResult run)
    {
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        ClusterResult expected = await cluster.TrainByMethodAsync(Rounds);
        Assert.That(run.Losses, Is.EqualTo(expected.Losses));
        Assert.That(run.Hash, Is.EqualTo(expected.Hash));
    }
}
