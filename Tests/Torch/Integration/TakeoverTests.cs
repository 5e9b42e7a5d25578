using TraversalLearning.Messages;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A node that comes again while its former connection still seems to stand: who gets the place.</summary>
internal sealed class TakeoverTests
{
    private static readonly ClusterOptions Options = new() { Shards = [40, 40, 40], BatchSize = 24 };
    private static readonly Lazy<Task<ClusterResult>> Undisturbed = new(() => TestCluster.RunAsync(Options, epochs: 2));

    [TestCase(MessageType.ForwardPass)]
    [TestCase(MessageType.ForwardResult)]
    [TestCase(MessageType.Backward)]
    public async Task A_node_does_not_wait_for_the_remains_of_its_former_connection(MessageType type)
    {
        // The heartbeat timeout is as long as the test may take: only the takeover can free the place.
        await using var cluster = new TestCluster(Options with { HeartbeatInterval = TimeSpan.FromMilliseconds(100) });
        bool silent = false;
        var held = new SemaphoreSlim(0);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            silent |= frame.Type == type && frame.Number == 3;
            if (silent && frame.Pair.Number == 1)
            {
                // Nothing passes any more. Once a frame of either direction is held here, the end does not either.
                held.Release();
                await Task.Delay(Timeout.Infinite, frame.Ended.Token);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2);
        await held.WaitAsync(cluster.Deadline);
        await held.WaitAsync(cluster.Deadline);
        await cluster.KillNodeAsync(2);
        cluster.StartNode(2, proxy.Endpoint);

        Assert.That((await training).Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("the node has connected anew"), Is.GreaterThan(0));
        Assert.That(cluster.Log.Count("no sign of life"), Is.Zero);
    }

    [Test]
    public async Task A_second_process_with_the_same_data_does_not_push_out_a_node_that_lives()
    {
        await using var cluster = new TestCluster(Options);
        await using var second = new TestCluster(Options);
        cluster.StartAllNodes();
        await cluster.JoinedAsync(2);
        second.StartNode(2, cluster.Endpoint);
        await second.Log.WaitForAsync("[2005] not admitted now (duplicate)", cluster.Deadline, count: 3);

        ClusterResult run = await cluster.TrainAsync(epochs: 2);
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("[1002] node 2 joined"), Is.EqualTo(1));
    }

    [Test]
    public async Task Silence_alone_gives_the_place_to_nobody_with_other_data()
    {
        await using var cluster = new TestCluster(Options with { HeartbeatInterval = TimeSpan.FromMilliseconds(1) });
        cluster.StartAllNodes();
        await cluster.JoinedAsync(2);
        var hello = new Hello(2, 40, [1, 8, 8], "uint8", 10, "a stranger's", Hello.Lz4Capability, "stranger");
        for (int i = 0; i < 20; i++)
        {
            Assert.That((await Stranger.IntroduceAsync(cluster.Endpoint, hello, cluster.Deadline)).Code, Is.EqualTo(RejectCodes.Data));
        }

        Assert.That((await cluster.TrainAsync(epochs: 2)).Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("[1002] node 2 joined"), Is.EqualTo(1));
    }
}
