using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Many nodes in one process: to the orchestrator they are so many nodes, and the bytes are the same.</summary>
internal sealed class VirtualNodeTests
{
    private const int Nodes = 40;

    // A row or two of each node in a batch, and some nodes in none.
    private static readonly ClusterOptions Options = new() { Shards = [.. Enumerable.Range(0, Nodes).Select(i => 1 + (i % 5))], BatchSize = 32 };

    private static readonly Lazy<Task<ClusterResult>> TwoPhase = new(() => TestCluster.RunAsync(Options, epochs: 2));
    private static readonly Lazy<Task<ClusterResult>> OnePhase = new(() => TestCluster.RunAsync(Options with { Exchange = Exchange.OnePhase }, epochs: 2));

    // Not the bytes of the others on every processor: here Z is computed for all rows at once, there by each node for its own.
    private static readonly Lazy<Task<ClusterResult>> Relay = new(() => TestCluster.RunAsync(Options with { Exchange = Exchange.Relay }, epochs: 2));

    private static readonly Lazy<Task<ClusterResult>> Blind = new(() => TestCluster.RunAsync(Options with { Exchange = Exchange.Blind }, epochs: 2));

    [Test]
    public async Task Forty_in_one_host_end_with_the_bytes_of_forty_nodes([Values] Exchange exchange, [Values(0, 1, 3)] int visitsAtOnce)
    {
        await using var cluster = new TestCluster(Options with { Exchange = exchange, VisitsAtOnce = visitsAtOnce });
        cluster.StartHost(1, Nodes);
        AssertSame(await cluster.TrainAsync(epochs: 2), await Undisturbed(exchange));
        Assert.That(cluster.Log.Count("[2020]"), Is.EqualTo(1), "all have been admitted, once");
    }

    [Test]
    public async Task Hosts_and_nodes_mix([Values] TraversalOrder order)
    {
        await using var cluster = new TestCluster(Options with { Order = order });
        cluster.StartHost(1, 17);
        cluster.StartNode(18);
        cluster.StartHost(19, Nodes - 18);
        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
    }

    [Test]
    public async Task A_host_killed_and_started_again_changes_nothing([Values] Exchange exchange, [Values(0, 3)] int visitsAtOnce)
    {
        // Node 25's fourth reply never comes: it, and all that share its process, are gone in the middle of a step.
        await using var cluster = new TestCluster(Options with { Exchange = exchange, VisitsAtOnce = visitsAtOnce });
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int replies = 0;
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type is MessageType.BackwardResult or MessageType.BlindSum && Interlocked.Increment(ref replies) == 50)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartHost(1, 15);
        cluster.StartHost(16, Nodes - 15, via: proxy.Endpoint);
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2);
        await killed.Task.WaitAsync(cluster.Deadline);
        await cluster.KillNodeAsync(16);
        cluster.StartHost(16, Nodes - 15);
        AssertSame(await training, await Undisturbed(exchange));
    }

    [Test]
    public async Task One_connection_of_a_host_that_is_cut_comes_back_alone()
    {
        await using var cluster = new TestCluster(Options);
        int cuts = 0;
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.Backward && Interlocked.Increment(ref cuts) is 20 or 60)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                await frame.CutAsync(reset: true);
            }

            await frame.ForwardAsync();
        });
        cluster.StartHost(1, Nodes, via: proxy.Endpoint);
        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        Assert.That(proxy.Connections, Is.EqualTo(Nodes + 2), "the others stayed");
    }

    [Test]
    public async Task A_host_outlives_its_orchestrator()
    {
        // The next one is another session, with other parameters for the same step.
        await using var second = new TestCluster(Options);
        var first = new TestCluster(Options);
        await using var proxy = new FaultProxy(first.Endpoint, frame => frame.ForwardAsync());
        second.StartHost(1, Nodes, via: proxy.Endpoint);
        foreach (VirtualBatch batch in (await first.PlanAsync()).Take(2))
        {
            await first.StepAsync(batch);
        }

        proxy.Target = second.Endpoint;
        await first.DisposeAsync();
        AssertSame(await second.TrainAsync(epochs: 2), await TwoPhase.Value);
    }

    [Test]
    public async Task Lost_nodes_are_skipped_whatever_was_under_way()
    {
        // With places for three the visits that wait for one must not wait for ever when an earlier one is lost.
        await using var cluster = new TestCluster(Options with { OnNodeLoss = OnNodeLoss.Skip, VisitsAtOnce = 3 });
        int replies = 0;
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && Interlocked.Increment(ref replies) == 5)
            {
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartHost(1, 10, via: proxy.Endpoint);
        cluster.StartHost(11, Nodes - 10);
        ClusterResult result = await cluster.TrainAsync(epochs: 2);
        Assert.That(result.Losses, Has.Length.EqualTo((await TwoPhase.Value).Losses.Length).And.All.Positive);
        Assert.That(cluster.Log.Count("[1040]"), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task Three_hundred_nodes_train_and_memory_is_that_of_the_visits_at_once()
    {
        const int Many = 300;
        var options = new ClusterOptions { Shards = [.. Enumerable.Repeat(2, Many)], BatchSize = 150, VisitsAtOnce = 24 };
        await using var cluster = new TestCluster(options);
        cluster.StartHost(1, 200);
        cluster.StartHost(201, 100);
        ClusterResult result = await cluster.TrainAsync(epochs: 2);
        Assert.That(result.Losses, Has.Length.EqualTo(8));
        Assert.That(result.Losses[^1], Is.LessThan(result.Losses[0]));
        Assert.That(cluster.Session.Parts.GradientBuffers, Is.InRange(1, 24));

        ClusterResult sequential = await SequentialAsync(options, Many);
        AssertSame(result, sequential);
    }

    private static async Task<ClusterResult> SequentialAsync(ClusterOptions options, int nodes)
    {
        await using var cluster = new TestCluster(options with { Order = TraversalOrder.Sequential });
        cluster.StartHost(1, nodes);
        return await cluster.TrainAsync(epochs: 2);
    }

    private static Task<ClusterResult> Undisturbed(Exchange exchange) => exchange switch
    {
        Exchange.TwoPhase => TwoPhase.Value,
        Exchange.OnePhase => OnePhase.Value,
        Exchange.Blind => Blind.Value,
        _ => Relay.Value,
    };

    private static void AssertSame(ClusterResult actual, ClusterResult expected)
    {
        Assert.That(actual.Losses, Is.EqualTo(expected.Losses));
        Assert.That(actual.Hash, Is.EqualTo(expected.Hash));
    }
}
