using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The second thing that must always hold: the same options end with the same bytes.</summary>
internal sealed class DeterminismTests
{
    // Float32, where the order of a sum shows, and activations of more than 4 KiB, so that there is something to compress.
    private static readonly ClusterOptions Options = new()
    {
        Model = ModelPresets.Mlp([64, 96, 10]), Cut = "relu1", Shards = [60, 50, 70], BatchSize = 45,
    };

    private static readonly Lazy<Task<ClusterResult>> Undisturbed = new(() => TestCluster.RunAsync(Options, epochs: 2));

    [Test]
    public async Task Two_runs_with_the_same_options_end_with_the_same_bytes() =>
        AssertSame(await TestCluster.RunAsync(Options, epochs: 2), await Undisturbed.Value);

    [Test]
    public async Task Another_seed_model_optimizer_or_batch_size_ends_with_other_bytes()
    {
        string[] hashes =
        [
            (await Undisturbed.Value).Hash,
            (await TestCluster.RunAsync(Options with { Seed = 2 }, epochs: 2)).Hash,
            (await TestCluster.RunAsync(Options with { Model = ModelPresets.Mlp([64, 96, 10], Activation.None), Cut = "1" }, epochs: 2)).Hash,
            (await TestCluster.RunAsync(Options with { Optimizer = new OptimizerSettings(OptimizerKind.Adam) }, epochs: 2)).Hash,
            (await TestCluster.RunAsync(Options with { BatchSize = 44 }, epochs: 2)).Hash,
            (await TestCluster.RunAsync(Options with { Shards = [50, 60, 70] }, epochs: 2)).Hash,
        ];
        Assert.That(hashes, Is.Unique);
    }

    [Test]
    public async Task Visits_in_parallel_and_in_sequence_end_with_the_same_bytes() =>
        AssertSame(await TestCluster.RunAsync(Options with { Order = TraversalOrder.Sequential }, epochs: 2), await Undisturbed.Value);

    [Test]
    public async Task Micro_batches_decide_how_sums_are_rounded_and_nothing_else([Values] TraversalOrder order, [ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        ClusterOptions options = Options with { MicroBatchRows = 1, Order = order, Exchange = exchange };
        ClusterResult some = await TestCluster.RunAsync(options);
        ClusterResult whole = await TestCluster.RunAsync(options with { MicroBatchRows = 0 });
        ClusterResult tooMany = await TestCluster.RunAsync(options with { MicroBatchRows = 1000 });
        Assert.That(some.Hash, Is.Not.EqualTo(whole.Hash));
        Assert.That(some.Losses, Is.EqualTo(whole.Losses).Within(1e-5));
        AssertSame(tooMany, whole);
    }

    [Test]
    public async Task Compression_and_checksums_do_not_change_a_bit([Values] CompressionMode compression, [Values] bool checksums) =>
        AssertSame(await TestCluster.RunAsync(Options with { Compression = compression, Checksums = checksums }, epochs: 2), await Undisturbed.Value);

    [TestCase(1, 2, 3)]
    [TestCase(3, 2, 1)]
    [TestCase(2, 3, 1)]
    public async Task Nodes_may_come_in_any_order(int first, int second, int third)
    {
        await using var cluster = new TestCluster(Options);
        await cluster.StartInOrderAsync(first, second, third);
        AssertSame(await cluster.TrainAsync(epochs: 2), await Undisturbed.Value);
    }

    [Test]
    public async Task Replies_may_come_in_any_order([Values] Exchange exchange, [Values(1, 2)] int seed)
    {
        ClusterOptions options = Options with { Exchange = exchange };
        ClusterResult undisturbed = exchange == Options.Exchange ? await Undisturbed.Value : await TestCluster.RunAsync(options, epochs: 2);
        await using var cluster = new TestCluster(options);
        var shuffle = new ReplyShuffler(SeededRandom.ForStream((ulong)seed, stream: 1), cluster.Deadline);
        await using var proxies = new ProxySet(cluster, 3, shuffle.PassAsync);
        cluster.StartAllNodes(proxies.EndpointOf);

        ClusterResult run = await cluster.TrainAsync(epochs: 2, (_, batch) =>
        {
            shuffle.Expect(batch.Plan.Visits.Count);
            return Task.CompletedTask;
        });

        AssertSame(run, undisturbed);
        Assert.That(shuffle.OrdersSeen, Is.GreaterThan(2), "the replies were indeed shuffled");
    }

    private static void AssertSame(ClusterResult run, ClusterResult undisturbed)
    {
        Assert.That(run.Hash, Is.EqualTo(undisturbed.Hash));
        Assert.That(run.Losses, Is.EqualTo(undisturbed.Losses));
    }

    /// <summary>Holds the replies of a phase until all are there, then lets them go in a random order.</summary>
    private sealed class ReplyShuffler(SeededRandom random, CancellationToken deadline)
    {
        private readonly Lock _lock = new();
        private readonly HashSet<string> _orders = new(StringComparer.Ordinal);
        private readonly List<(ProxiedFrame Frame, TaskCompletionSource Turn)> _held = [];
        private int _expected;

        public int OrdersSeen => _orders.Count;

        public void Expect(int replies) => Volatile.Write(ref _expected, replies);

        public async Task PassAsync(ProxiedFrame frame)
        {
            if (frame.Type is not (MessageType.ForwardResult or MessageType.BackwardResult or MessageType.BlindSum))
            {
                await frame.ForwardAsync();
                return;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            bool complete;
            lock (_lock)
            {
                _held.Add((frame, turn));
                complete = _held.Count == _expected;
            }

            if (complete)
            {
                await ReleaseAsync();
            }

            await turn.Task.WaitAsync(deadline);
        }

        private async Task ReleaseAsync()
        {
            (ProxiedFrame Frame, TaskCompletionSource Turn)[] held;
            lock (_lock)
            {
                // What they are sorted by beforehand is the port of the node's socket: the shuffle alone decides.
                held = [.. _held.OrderBy(h => ((System.Net.IPEndPoint)h.Frame.From.RemoteEndPoint!).Port)];
                int[] order = [.. Enumerable.Range(0, held.Length)];
                random.Shuffle(order.AsSpan());
                _orders.Add(string.Join(' ', order));
                held = Array.ConvertAll(order, i => held[i]);
                _held.Clear();
            }

            foreach ((ProxiedFrame frame, TaskCompletionSource turn) in held)
            {
                await frame.ForwardAsync();
                turn.SetResult();
            }
        }
    }
}
