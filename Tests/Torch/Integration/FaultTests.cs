using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The third thing that must always hold: whatever happens to nodes and connections, the final bytes are those of the undisturbed run.</summary>
internal sealed class FaultTests
{
    // Every batch visits all three nodes, so that the third reply of a kind is always in the third batch.
    private static readonly ClusterOptions Options = new() { Shards = [40, 40, 40], BatchSize = 24 };
    private const int Steps = 10;
    private static readonly int[] Seeds = Selection.First(1, 2, 3, 4);

    private static readonly Lazy<Task<ClusterResult>> TwoPhase = Undisturbed(Exchange.TwoPhase);
    private static readonly Lazy<Task<ClusterResult>> OnePhase = Undisturbed(Exchange.OnePhase);
    private static readonly Lazy<Task<ClusterResult>> Relay = Undisturbed(Exchange.Relay);
    private static readonly Lazy<Task<ClusterResult>> Blind = Undisturbed(Exchange.Blind);

    private static IEnumerable<TestCaseData> Cuts()
    {
        (MessageType Type, int Number)[] frames =
        [
            (MessageType.Hello, 1), (MessageType.Welcome, 1), (MessageType.IndexRangeQuery, 1), (MessageType.IndexRange, 1),
            (MessageType.ForwardPass, 3), (MessageType.ForwardResult, 3), (MessageType.Backward, 3), (MessageType.BackwardResult, 3),
            (MessageType.ForwardPass, 1), (MessageType.BackwardResult, 10),
        ];
        (string Name, Func<int, int> At)[] points =
        [
            ("before it", _ => 0), ("in its header", _ => 31), ("behind its header", _ => 32), ("in the middle", l => l / 2), ("before its last byte", l => l - 1),
            ("behind it", l => l),
        ];
        var all = frames.SelectMany(frame => points.Select((point, p) => (Frame: frame, Point: point, IsReset: p % 2 == 0)));
        return Selection.EachValue(all, c => c.Frame, c => (c.Point.Name, c.IsReset)).Select(c =>
            new TestCaseData(c.Frame.Type, c.Frame.Number, c.Point.At, c.IsReset).SetArgDisplayNames($"{c.Frame.Type} {c.Frame.Number}", c.Point.Name, c.IsReset ? "reset" : "closed"));
    }

    private static Lazy<Task<ClusterResult>> Undisturbed(Exchange exchange) =>
        new(() => TestCluster.RunAsync(Options with { Exchange = exchange }, epochs: 2));

    [TestCaseSource(nameof(Cuts))]
    public async Task A_connection_cut_anywhere_changes_nothing(MessageType type, int number, Func<int, int> at, bool reset)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == type && frame.Number == number)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, at(frame.Bytes.Length)));
                await frame.CutAsync(reset);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        bool wasLast = type == MessageType.BackwardResult && number == Steps;
        Assert.That(proxy.Connections, Is.GreaterThanOrEqualTo(wasLast ? 1 : 2), "it came back");
    }

    [Test]
    public async Task Connections_cut_after_any_number_of_bytes_change_nothing([Values] Exchange exchange, [ValueSource(nameof(Seeds))] int seed)
    {
        // Every node loses its connection again and again, each time after another number of bytes in either direction.
        var random = Data.SeededRandom.ForStream((ulong)seed, stream: 77);
        var gate = new Lock();
        int cuts = 0;
        await using var cluster = new TestCluster(Options with { Exchange = exchange });
        await using var proxies = new ProxySet(cluster, 3, _ => async frame =>
        {
            int at;
            lock (gate)
            {
                at = frame.Number > 1 && cuts < 12 && random.Next(8) == 0 ? random.Next(frame.Bytes.Length) : -1;
                cuts += at >= 0 ? 1 : 0;
            }

            if (at >= 0)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, at));
                await frame.CutAsync(reset: at % 2 == 0);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);

        AssertSame(await cluster.TrainAsync(epochs: 2), await (exchange switch
        {
            Exchange.TwoPhase => TwoPhase,
            Exchange.OnePhase => OnePhase,
            Exchange.Blind => Blind,
            _ => Relay,
        }).Value);
        Assert.That(cuts, Is.GreaterThan(3));
    }

    [TestCase(MessageType.ForwardPass)]
    [TestCase(MessageType.ForwardResult)]
    [TestCase(MessageType.Backward)]
    [TestCase(MessageType.BackwardResult)]
    public async Task A_duplicated_frame_changes_nothing(MessageType type)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxies = new ProxySet(cluster, 3, async frame =>
        {
            await frame.SendAsync(frame.Type == type ? [.. frame.Bytes, .. frame.Bytes] : frame.Bytes);
        });
        cluster.StartAllNodes(proxies.EndpointOf);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);

        // The last duplicate may still be on its way when the run is over.
        await cluster.Log.WaitForAsync("[1003]", cluster.Deadline, count: 3);
        Assert.That(cluster.Log.Count($"({Steps} replies dropped)") + cluster.Log.Count($"({Steps - 1} replies dropped)"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_duplicate_that_arrives_in_part_and_ends_during_the_next_step_changes_nothing()
    {
        // Its gradient is that of another batch: written late it would stand in the memory of another visit's. Checksums would notice that.
        await using var cluster = new TestCluster(Options with { Exchange = Exchange.OnePhase, Checksums = false });
        TaskCompletionSource[] othersReplied = [.. Enumerable.Range(0, Steps + 2).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        int[] replies = new int[Steps + 2];
        async Task PassAsync(int node, ProxiedFrame frame)
        {
            if (frame.Type == MessageType.BackwardResult && node == 2 && frame.Number < Steps)
            {
                int head = FrameHeader.Size + BitConverter.ToInt32(frame.Bytes, 16);
                await frame.SendAsync((byte[])[.. frame.Bytes, .. frame.Bytes[..head]]);
                await othersReplied[frame.Number + 1].Task.WaitAsync(cluster.Deadline);
                await frame.SendAsync(frame.Bytes.AsMemory(head));
                return;
            }

            await frame.ForwardAsync();
            if (frame.Type == MessageType.BackwardResult && node != 2 && Interlocked.Increment(ref replies[frame.Number]) == 2)
            {
                othersReplied[frame.Number].SetResult();
            }
        }

        await using var proxies = new ProxySet(cluster, 3, node => frame => PassAsync(node, frame));
        cluster.StartAllNodes(proxies.EndpointOf);

        AssertSame(await cluster.TrainAsync(epochs: 2), await OnePhase.Value);
    }

    [Test]
    public async Task A_reply_that_is_lost_or_comes_too_late_is_asked_for_again([Values] bool lost)
    {
        await using var cluster = new TestCluster(Options with { TaskTimeout = TimeSpan.FromSeconds(1) });
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 3)
            {
                await cluster.Log.WaitForAsync("[1008] node 2: no reply within the task timeout", cluster.Deadline);
                if (lost)
                {
                    return;
                }
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
    }

    [TestCase("attempt", 1)]
    [TestCase("batch", 9)]
    [TestCase("epoch", 2)]
    [TestCase("hits", 100)]
    public async Task A_reply_that_belongs_to_another_try_or_makes_no_sense_is_not_used(string field, byte value)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 3)
            {
                // And its rows are wrong, as those of another step would be.
                Set(frame.Bytes, field, value);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        Assert.That(cluster.Log.Count("[1008] node 2: node 2 answered"), Is.EqualTo(1));
    }

    [TestCase("attempt", 1)]
    [TestCase("batch", 9)]
    public async Task The_same_holds_for_gradients(string field, byte value)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && frame.Number == 3)
            {
                Set(frame.Bytes, field, value);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        Assert.That(cluster.Log.Count("[1008] node 2: node 2 answered"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_byte_flipped_on_the_way_is_noticed_and_sent_again(
        [Values(MessageType.ForwardPass, MessageType.ForwardResult, MessageType.Backward, MessageType.BackwardResult)] MessageType type, [Values] bool inPayload)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == type && frame.Number == 3)
            {
                frame.Bytes[inPayload ? ^1 : FrameHeader.Size + 1] ^= 0x10;
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        Assert.That(proxy.Connections, Is.GreaterThanOrEqualTo(2));
    }

    [TestCase(MessageType.IndexRangeQuery, 1)]
    [TestCase(MessageType.ForwardPass, 4)]
    [TestCase(MessageType.ForwardResult, 4)]
    [TestCase(MessageType.Backward, 4)]
    [TestCase(MessageType.BackwardResult, 4)]
    public async Task A_node_that_is_killed_and_started_again_changes_nothing(MessageType type, int number)
    {
        await using var cluster = new TestCluster(Options);
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == type && frame.Number == number)
            {
                await cluster.KillNodeAsync(2);
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2);
        await killed.Task.WaitAsync(cluster.Deadline);
        cluster.StartNode(2, proxy.Endpoint);

        AssertSame(await training, await TwoPhase.Value);
        bool betweenPhases = type is MessageType.Backward or MessageType.BackwardResult;
        Assert.That(cluster.Log.Count("[1009]"), Is.EqualTo(betweenPhases ? 1 : 0), "a node that does not hold the forward pass any more does it again");
    }

    [Test]
    public async Task A_node_that_only_lost_its_connection_still_holds_its_forward_pass()
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame =>
            frame.Type == MessageType.Backward && frame.Number == 3 ? frame.CutAsync() : frame.ForwardAsync());
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        Assert.That(cluster.Log.Count("[1009]"), Is.Zero);
    }

    [Test]
    public async Task A_node_that_never_comes_back_ends_the_run_and_is_named()
    {
        await using var cluster = new TestCluster(Options with { ReconnectTimeout = TimeSpan.FromMilliseconds(300) });
        cluster.StartAllNodes();
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2, (step, _) => step == 3 ? cluster.KillNodeAsync(3) : Task.CompletedTask);
        NodeLostException lost = await ThrowsAsync<NodeLostException>(training);
        Assert.That(lost.NodeId, Is.EqualTo(3));
        Assert.That(lost.Message, Does.StartWith("node 3 is lost"));
    }

    [Test]
    public async Task A_node_whose_every_connection_breaks_is_given_up()
    {
        // The timeout bounds the pauses between the tries, too.
        await using var cluster = new TestCluster(Options with { ReconnectTimeout = TimeSpan.FromSeconds(5) });
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            await frame.SendAsync(frame.Type == MessageType.ForwardResult ? new byte[32] : frame.Bytes);
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        NodeLostException lost = await ThrowsAsync<NodeLostException>(cluster.TrainAsync());
        Assert.That(lost.Message, Does.Contain("node 2").And.Contains("10 times"));
    }

    [Test]
    public async Task Connections_that_break_as_soon_as_they_stand_do_not_use_up_the_tries()
    {
        const int Stale = 30;
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        Task<ClusterResult> training = cluster.TrainAsync(epochs: 2, async (step, _) =>
        {
            if (step == 3)
            {
                await cluster.KillNodeAsync(2);
                await cluster.Log.WaitForAsync("[1003] node 2 left", cluster.Deadline);
            }
        });
        await cluster.Log.WaitForAsync("[1003] node 2 left", cluster.Deadline);
        for (int i = 1; i <= Stale; i++)
        {
            await Stranger.JoinAndLeaveAsync(cluster.Endpoint, HelloOf(2, cluster.FingerprintOf(2)), cluster.Deadline);
            await cluster.Log.WaitForAsync("[1003] node 2 left", cluster.Deadline, count: i + 1);
        }

        cluster.StartNode(2);
        AssertSame(await training, await TwoPhase.Value);
    }

    [Test]
    public async Task A_node_that_comes_back_with_other_data_is_refused()
    {
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        _ = await cluster.PlanAsync();
        await cluster.KillNodeAsync(2);
        await cluster.Log.WaitForAsync("[1003] node 2 left", cluster.Deadline);
        Reject reject = await Stranger.IntroduceAsync(cluster.Endpoint, HelloOf(2, fingerprint: "another"), cluster.Deadline);
        Assert.That((reject.Code, reject.Final), Is.EqualTo((RejectCodes.Data, true)));
        cluster.StartNode(2);
        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
    }

    [Test]
    public async Task Strangers_change_nothing()
    {
        await using var cluster = new TestCluster(Options);
        var silent = new List<System.Net.Sockets.Socket>();
        try
        {
            cluster.StartAllNodes();
            ClusterResult run = await cluster.TrainAsync(epochs: 2, async (step, _) =>
            {
                silent.Add(await Stranger.ConnectAsync(cluster.Endpoint, cluster.Deadline));
                byte[] garbage = step switch
                {
                    0 => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                    1 => [.. Enumerable.Repeat((byte)0xff, 100_000)],
                    2 => Frame(MessageType.Shutdown),
                    3 => Frame(MessageType.Hello),
                    4 => Frame(MessageType.ForwardResult),
                    _ => [.. Enumerable.Range(0, 64).Select(i => (byte)(i * step))],
                };
                Assert.That(await Stranger.SendUntilHungUpAsync(cluster.Endpoint, garbage, cluster.Deadline), Is.LessThan(1024));

                Reject wrongId = await Stranger.IntroduceAsync(cluster.Endpoint, HelloOf(step % 2 == 0 ? 4 : 0), cluster.Deadline);
                Assert.That((wrongId.Code, wrongId.Final), Is.EqualTo((RejectCodes.NodeId, true)));

                Reject wrongData = await Stranger.IntroduceAsync(cluster.Endpoint, HelloOf(2), cluster.Deadline);
                Assert.That((wrongData.Code, wrongData.Final), Is.EqualTo((RejectCodes.Data, true)));

                string real = cluster.FingerprintOf(2);
                Reject duplicate = await Stranger.IntroduceAsync(cluster.Endpoint, HelloOf(2, real), cluster.Deadline);
                Assert.That((duplicate.Code, duplicate.Final), Is.EqualTo((RejectCodes.Duplicate, false)));
            });

            AssertSame(run, await TwoPhase.Value);
            Assert.That(cluster.Log.Count("[1002]"), Is.EqualTo(3), "no node lost its connection and had to join again");
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }
    }

    [Test]
    public async Task A_crowd_of_silent_strangers_does_not_keep_the_nodes_out()
    {
        await using var cluster = new TestCluster(Options);
        List<System.Net.Sockets.Socket> silent = [];
        for (int i = 0; i < 100; i++)
        {
            silent.Add(await Stranger.ConnectAsync(cluster.Endpoint, cluster.Deadline));
        }

        cluster.StartAllNodes();
        AssertSame(await cluster.TrainAsync(epochs: 2), await TwoPhase.Value);
        silent.ForEach(s => s.Dispose());
    }

    private static void AssertSame(ClusterResult run, ClusterResult undisturbed)
    {
        Assert.That(run.Hash, Is.EqualTo(undisturbed.Hash));
        Assert.That(run.Losses, Is.EqualTo(undisturbed.Losses));
    }

    private static async Task<T> ThrowsAsync<T>(Task task)
        where T : Exception
    {
        try
        {
            await task;
        }
        catch (T e)
        {
            return e;
        }

        throw new AssertionException($"no {typeof(T).Name} was thrown");
    }

    private static Hello HelloOf(int id, string fingerprint = "a stranger's") => new(id, 40, [1, 8, 8], "uint8", 10, fingerprint, Hello.Lz4Capability, "stranger");

    /// <summary>A frame with empty metadata (a MessagePack map of nothing) and no payload.</summary>
    private static byte[] Frame(MessageType type)
    {
        byte[] frame = new byte[FrameHeader.Size + 1];
        frame[^1] = 0x80;
        FrameHeader.Write(frame, type, requestId: 1, payloadLength: 0);
        return frame;
    }

    /// <summary>Sets a small number in a frame's metadata and makes its checksum right again.</summary>
    private static void Set(byte[] frame, string field, byte value)
    {
        int metadata = BitConverter.ToInt32(frame, 16);
        Span<byte> head = frame.AsSpan(0, FrameHeader.Size + metadata);
        int at = head.IndexOf(Encoding.ASCII.GetBytes(field)) + field.Length;
        Assert.That(head[at], Is.LessThan(0x80).And.Not.EqualTo(value), "a small number, and another one");
        head[at] = value;
        FrameHeader.Write(head, (MessageType)frame[5], BitConverter.ToUInt64(frame, 8), BitConverter.ToInt64(frame, 20));
    }
}
