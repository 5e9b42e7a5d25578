using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Peers that mean harm, while a training runs: its result is the same, and it takes no more than its share of memory.</summary>
internal sealed class HostilePeersTests
{
    private const int Crowd = 600;
    private const long MaxGrowth = 48L * 1024 * 1024;

    private static readonly ClusterOptions Options = new() { Shards = [40, 40], BatchSize = 8, Checksums = false };
    private static readonly Lazy<Task<ClusterResult>> Undisturbed = new(() => TestCluster.RunAsync(Options));

    private static IEnumerable<TestCaseData> Greetings()
    {
        byte[] tls = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
        byte[] hello = FrameSample.Of(new Hello(1, 40, [1, 8, 8], "uint8", 10, "f", "lz4", "hostile")).Encode(FrameSample.Checked);
        byte[] endless = [.. hello.AsSpan(0, FrameHeader.Size), .. new byte[64 * 1024]];
        BinaryPrimitives.WriteUInt32LittleEndian(endless.AsSpan(16), uint.MaxValue);
        byte[] loaded = [.. hello];
        BinaryPrimitives.WriteUInt64LittleEndian(loaded.AsSpan(20), ulong.MaxValue);
        byte[] random = new byte[100_000];
        new Random(1).NextBytes(random);
        foreach (bool secured in new[] { false, true })
        {
            foreach ((string name, byte[] bytes) in new[]
            {
                ("garbage", random), ("zeros", new byte[100_000]), ("another protocol", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
                ("a length of 4 GiB", endless), ("a payload of 16 EiB", loaded), ("half a Hello", hello[..20]), ("half a TLS greeting", tls),
                ("a TLS greeting and garbage", [.. tls, .. random]), ("a Hello and garbage", [.. hello, .. random]), ("one byte", [0x16]),
            })
            {
                yield return new TestCaseData(secured, bytes).SetArgDisplayNames(secured ? "TLS and token" : "plain", name);
            }
        }
    }

    [TestCaseSource(nameof(Greetings))]
    public async Task What_strangers_say_changes_nothing(bool secured, byte[] bytes)
    {
        using var authority = new TestAuthority();
        await using var cluster = new TestCluster(secured ? Secured(authority) : Options);
        cluster.StartAllNodes();
        var strangers = new List<Socket>();
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (_, _) =>
        {
            for (int i = 0; i < 5; i++)
            {
                Socket stranger = await Stranger.ConnectAsync(cluster.Endpoint, cluster.Deadline);
                strangers.Add(stranger);
                await SendAsync(stranger, bytes, cluster.Deadline);
            }
        });
        strangers.ForEach(s => s.Dispose());
        await AssertUndisturbedAsync(run, cluster);
    }

    [Test]
    public async Task A_crowd_keeps_nobody_out_and_takes_little_memory([Values] bool secured)
    {
        using var authority = new TestAuthority();
        await using var cluster = new TestCluster(secured ? Secured(authority) : Options);
        cluster.StartAllNodes();
        var crowd = new List<Socket>();
        long before = 0;
        long after = 0;
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            if (step == 1)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
                for (int i = 0; i < Crowd; i++)
                {
                    Socket stranger = await Stranger.ConnectAsync(cluster.Endpoint, cluster.Deadline);
                    crowd.Add(stranger);

                    // Some are silent, some begin a TLS handshake, some a frame, and none goes on.
                    await SendAsync(stranger, (i % 3) switch { 0 => [], 1 => [0x16], _ => "TLW1"u8.ToArray() }, cluster.Deadline);
                }

                after = GC.GetTotalMemory(forceFullCollection: true);
                await cluster.KillNodeAsync(2);
                cluster.StartNode(2);
            }
        });
        crowd.ForEach(s => s.Dispose());
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(after - before, Is.LessThan(MaxGrowth));
        await cluster.Session.DisposeAsync();
        Assert.That(cluster.Log.Count("[1005]"), Is.LessThan(100), "no line for each of them");
        Assert.That(cluster.Log.Count("[1014]"), Is.Not.Zero, "but their number");
    }

    [Test]
    public async Task A_flood_of_half_made_TLS_handshakes_changes_nothing_and_keeps_no_node_out()
    {
        using var authority = new TestAuthority();
        byte[] greeting = await TlsGreeting.MakeAsync();
        await using var cluster = new TestCluster(Secured(authority));
        cluster.StartAllNodes();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cluster.Deadline);
        var answered = new AnswerCount();
        System.Net.IPEndPoint endpoint = cluster.Endpoint;
        Task[] floods = [];
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            if (step == 1)
            {
                floods = [.. Enumerable.Range(0, 8).Select(_ => FloodAsync(endpoint, greeting, answered, stop.Token))];
                await answered.ReachesAsync(100, cluster.Deadline);
            }
            else if (step == 4)
            {
                // It comes back in the middle of the flood.
                await cluster.KillNodeAsync(2);
                cluster.StartNode(2);
            }
        });
        await stop.CancelAsync();
        await Task.WhenAll(floods).Soon();
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("[1002] node 1 joined"), Is.EqualTo(1), "it lost no connection");
    }

    [Test]
    public async Task A_byte_at_a_time_changes_nothing([Values] bool secured)
    {
        using var authority = new TestAuthority();
        await using var cluster = new TestCluster(secured ? Secured(authority) : Options);
        cluster.StartAllNodes();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cluster.Deadline);
        byte[] hello = FrameSample.Of(new Hello(1, 40, [1, 8, 8], "uint8", 10, "f", "lz4", new string('x', 100))).Encode(FrameSample.Checked);
        Task[] dripping = [];
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            dripping = step == 0 ? [.. Enumerable.Range(0, 20).Select(_ => DripAsync(cluster, hello, stop.Token))] : dripping;
            await Task.Delay(TimeSpan.FromMilliseconds(5), cluster.Deadline);
        });
        await stop.CancelAsync();
        await Task.WhenAll(dripping).Soon();
        await AssertUndisturbedAsync(run, cluster);
    }

    [TestCase(MessageType.ForwardResult)]
    [TestCase(MessageType.BackwardResult)]
    public async Task A_node_that_answers_with_wrong_shapes_is_asked_again(MessageType type)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame => frame.Type == type && frame.Number == 3
            ? frame.SendAsync(WrongShapes(Frames.Read(frame.Bytes)!).Encode(FrameSample.Checked))
            : frame.ForwardAsync());
        cluster.StartNode(1);
        cluster.StartNode(2, proxy.Endpoint);
        ClusterResult run = await cluster.TrainAsync();
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("protocol error (MalformedTensor)"), Is.Not.Zero);
    }

    [Test]
    public async Task A_node_that_says_another_index_range_is_asked_again()
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame => frame.Type == MessageType.IndexRange && frame.Number == 1
            ? frame.SendAsync(FrameSample.Of(new IndexRange(1L << 40), Frames.Read(frame.Bytes)!.RequestId).Encode(FrameSample.Checked))
            : frame.ForwardAsync());
        cluster.StartNode(1);
        cluster.StartNode(2, proxy.Endpoint);
        Assert.That((await cluster.TrainAsync()).Hash, Is.EqualTo((await Undisturbed.Value).Hash));
    }

    [TestCase(MessageType.ForwardResult, false, "activations is not finite (element 1)")]
    [TestCase(MessageType.ForwardResult, true, "the loss is NaN")]
    [TestCase(MessageType.BackwardResult, false, "param_grads is not finite (element 1)")]
    public async Task A_node_that_answers_with_NaN_ends_the_run(MessageType type, bool loss, string text)
    {
        await using var cluster = new TestCluster(Options);
        await using FaultProxy proxy = Poisoned(cluster, type, loss);
        cluster.StartNode(1);
        cluster.StartNode(2, proxy.Endpoint);
        TaskFailedException e = (await Assert.ThrowsAsync<TaskFailedException>(() => cluster.TrainAsync()))!;
        Assert.That(e.Message, Does.StartWith($"node 2: {text} in its reply of").And.Contains("--allow_nonfinite").And.Not.Contain("\n"));
    }

    [Test]
    public async Task NaN_is_taken_where_it_is_allowed()
    {
        await using var cluster = new TestCluster(Options with { AllowNonFinite = true });
        await using FaultProxy proxy = Poisoned(cluster, MessageType.BackwardResult, loss: false);
        cluster.StartNode(1);
        cluster.StartNode(2, proxy.Endpoint);
        ClusterResult run = await cluster.TrainAsync();
        Assert.That(run.Losses[^1], Is.NaN, "and does what it does");
    }

    private static ClusterOptions Secured(TestAuthority authority)
    {
        var token = new Token("the secret that both sides share"u8);
        return Options with
        {
            Security = new OrchestratorSecurity(authority.Server(authority.Trusted), token),
            NodeSecurity = id => new NodeSecurity(authority.Client(id), token),
        };
    }

    private static async Task AssertUndisturbedAsync(ClusterResult run, TestCluster cluster)
    {
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(cluster.Log.Count("[1002]"), Is.EqualTo(2), "no node lost its connection");
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(bytes, cancellationToken);
        }
        catch (SocketException)
        {
            // Hung up on in the middle of it.
        }
    }

    /// <summary>Begins TLS handshakes, one after the other, each of which is left as soon as the orchestrator has done its part.</summary>
    private static async Task FloodAsync(System.Net.IPEndPoint endpoint, byte[] greeting, AnswerCount answered, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64];
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using Socket socket = await Stranger.ConnectAsync(endpoint, cancellationToken);
                await socket.SendAsync(greeting, cancellationToken);
                if (await socket.ReceiveAsync(buffer, cancellationToken) > 0)
                {
                    Assert.That(buffer[0], Is.EqualTo(0x16), "the orchestrator has computed its part of the handshake");
                    answered.Add();
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Sent away, or the test is over.
            }
        }
    }

    private static async Task DripAsync(TestCluster cluster, byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            using Socket socket = await Stranger.ConnectAsync(cluster.Endpoint, cancellationToken);
            for (int i = 0; ; i++)
            {
                await socket.SendAsync(bytes.AsMemory(i % bytes.Length, 1), cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(2), cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Hung up on, or the test is over.
        }
    }

    private static FrameSample WrongShapes(ReceivedFrame frame) => frame.Message switch
    {
        ForwardResult result => FrameSample.Of(
            result,
            frame.RequestId,
            TensorSample.Floats(TensorNames.Activations, 1_000, 24),
            TensorSample.Floats(TensorNames.LogitGradients, 1_000, 10)),
        BackwardResult result => FrameSample.Of(result, frame.RequestId, TensorSample.Doubles(TensorNames.ParameterGradients, frame.Descriptors[0].Shape)),
        var other => throw new InvalidOperationException($"no {other} was expected"),
    };

    /// <summary>Puts a NaN into node 2's third reply of a kind: into its loss, or into the second element of its first tensor.</summary>
    private static FaultProxy Poisoned(TestCluster cluster, MessageType type, bool loss) => new(cluster.Endpoint, frame =>
    {
        if (frame.Type == type && frame.Number == 3)
        {
            Span<byte> head = frame.Bytes.AsSpan(0, Frames.HeadLength(frame.Bytes));
            if (loss)
            {
                int at = head.IndexOf("loss_sum"u8) + "loss_sum".Length;
                Assert.That(head[at], Is.EqualTo(0xCB), "float 64");
                BinaryPrimitives.WriteDoubleBigEndian(head[(at + 1)..], double.NaN);
                Frames.FixChecksum(head);
            }
            else
            {
                BinaryPrimitives.WriteSingleLittleEndian(frame.Bytes.AsSpan(head.Length + sizeof(float)), float.NaN);
            }
        }

        return frame.ForwardAsync();
    });
}
