using System.Runtime.InteropServices;
using TraversalLearning.Data.Batches;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>
/// A node in Python, written from docs/reference/protocol.md alone, among two of ours: the result is that of three of ours. Not to the last bit,
/// because the two need not round alike: a step's sums may differ by some units in the last place (6e-8 in float32, 1e-16 in
/// float64), SGD carries that on without magnifying it much, and 32 steps add up (seen: 2e-7 and 6e-16). The bounds of 1e-5 and 1e-12 leave room
/// for another PyTorch; a wrong row, a wrong factor or a missed update would be at 1e-2.
/// </summary>
internal sealed class PythonPeerTests
{
    private const int Epochs = 8;

    // Cut between two ReLUs: activations and their gradients, of more than 4 KiB, are half zeros and compress. 4 steps an epoch.
    private static readonly ClusterOptions Options = new()
    {
        Model = new ModelDescription(
            "two in a row",
            [1, 8, 8],
            10,
            [new FlattenLayer("flatten"), new LinearLayer("fc1", 64, 96), new ReluLayer("relu1"), new ReluLayer("relu2"), new LinearLayer("fc2", 96, 10)]),
        Cut = "relu1",
        Shards = [60, 50, 70],
        BatchSize = 45,
        Optimizer = new OptimizerSettings(OptimizerKind.Sgd, LearningRate: 0.1, Momentum: 0.9) { Schedule = new ScheduleSettings(Gamma: 0.95) },
    };

    private static readonly ClusterOptions Convolution = Options with { Model = ClusterOptions.SmallCnn, Cut = "conv2", Type = ElementType.Float64 };

    private static readonly ClusterOptions Image = Convolution with
    {
        Model = new ModelDescription(
            "images",
            [1, 8, 8],
            10,
            [
                new Conv2dLayer("conv", 1, 4, Kernel: 3, Padding: 1, Bias: false), new GroupNormLayer("norm", 2, 4), new GeluLayer("gelu"),
                new AvgPool2dLayer("pool", 2),
                new ResidualLayer(
                    "block",
                    [new Conv2dLayer("conv1", 4, 6, Kernel: 3, Stride: 2, Padding: 1), new ResidualLayer("inner", [new TanhLayer("tanh")])],
                    [new Conv2dLayer("down", 4, 6, Kernel: 1, Stride: 2, Bias: false)],
                    Relu: true),
                new AdaptiveAvgPool2dLayer("resize", 3), new GlobalMeanLayer("mean"), new LinearLayer("fc", 6, 10, Bias: false),
            ]),
        Cut = "block",
    };

    private static readonly ClusterOptions Sequence = Convolution with
    {
        Model = new ModelDescription(
            "sequences",
            [8, 8],
            10,
            [
                new Conv1dLayer("conv", 8, 6, Kernel: 3, Padding: 1), new MaxPool1dLayer("pool", 2), new TransposeLayer("steps"),
                new LayerNormLayer("norm", 6), new LstmLayer("lstm", 6, 5), new LinearLayer("fc", 5, 10),
            ]),
        Cut = "lstm",
    };

    private static readonly ClusterOptions Blind = Options with { Exchange = Exchange.Blind, Type = ElementType.Float64, Optimizer = new OptimizerSettings() };

    [OneTimeSetUp]
    public async Task SkipWhereThereIsNoPython()
    {
        if (await PythonNode.MissingAsync() is { } reason)
        {
            Assert.Ignore($"no node in Python: {reason}");
        }
    }

    private static IEnumerable<TestCaseData> Ways() => Selection.EachPair(
        from exchange in Enum.GetValues<Exchange>()
        where exchange != Exchange.Blind // What looks like noise does not shrink.
        from compression in new[] { CompressionMode.None, CompressionMode.Lz4 }
        from type in new[] { ElementType.Float32, ElementType.Float64 }
        select new TestCaseData(exchange, compression, type), Argument(0), Argument(1), Argument(2));

    private static IEnumerable<TestCaseData> Layers() => Selection.EachValue(
        from exchange in Enum.GetValues<Exchange>() from model in new[] { "plain", "image", "sequence" } select new TestCaseData(exchange, model), Argument(0), Argument(1));

    private static IEnumerable<TestCaseData> LocalTraining() => Selection.EachValue(
        from optimizer in new[] { OptimizerKind.Sgd, OptimizerKind.Adadelta, OptimizerKind.Adam, OptimizerKind.AdamW }
        from algorithm in new[] { "fedavg", "fedprox:0.1" }
        select new TestCaseData(optimizer, algorithm), Argument(0), Argument(1));

    private static IEnumerable<TestCaseData> Blindly() => Selection.EachValue(
        from optimizer in Enum.GetValues<OptimizerKind>() from type in new[] { ElementType.Float32, ElementType.Float64 } select new TestCaseData(optimizer, type),
        Argument(0),
        Argument(1));

    private static Func<TestCaseData, object> Argument(int index) => test => test.Arguments[index]!;

    [TestCaseSource(nameof(Ways))]
    public async Task Joins_our_nodes_and_nothing_else_changes(Exchange exchange, CompressionMode compression, ElementType type)
    {
        ClusterOptions options = Options with { Exchange = exchange, Compression = compression, Type = type };
        string said = await AssertSameAsync(options, "--compression", compression == CompressionMode.Lz4 ? "lz4" : "none");
        if (compression == CompressionMode.None)
        {
            Assert.That(said, Does.Contain("0 sent, 0 received"));
            return;
        }

        Assert.That(said, Does.Not.Contain(" 0 sent"));
        if (exchange != Exchange.OnePhase)
        {
            // With one_phase only weights come from the orchestrator, which do not shrink.
            Assert.That(said, Does.Not.Contain(" 0 received"));
        }
    }

    [TestCaseSource(nameof(Layers))]
    public async Task Every_kind_of_layer_that_couples_no_rows(Exchange exchange, string model) =>
        await AssertSameAsync((model switch { "plain" => Convolution, "image" => Image, _ => Sequence }) with { Exchange = exchange });

    [TestCaseSource(nameof(LocalTraining))]
    public async Task Trains_on_its_own(OptimizerKind optimizer, string algorithm) => await AssertSameAsync(Convolution with
        {
            Algorithm = algorithm,
            Federation = new Federation { LocalEpochs = 2 },
            Optimizer = new OptimizerSettings(optimizer, WeightDecay: 0.001, ClipGradNorm: 1),
        });

    // The nodes compare hashes of their θ every third step: those of all three are equal to the bit.
    [TestCaseSource(nameof(Blindly))]
    public async Task Trains_blindly(OptimizerKind optimizer, ElementType type) => await AssertSameAsync(
        Options with { Exchange = Exchange.Blind, Type = type, Optimizer = new OptimizerSettings(optimizer, WeightDecay: 0.001, Momentum: optimizer == OptimizerKind.Sgd ? 0.9 : 0) });

    [Test]
    public async Task Opens_the_state_that_our_node_sealed()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Blind);
        await AssertSameAsync(cluster, Blind, "--restart_at", "6");
        Assert.That(cluster.Log.Count("[1085] node 3"), Is.EqualTo(1));
    }

    [Test]
    public async Task Seals_its_state_for_our_node()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Blind);
        await AssertSameAsync(
            cluster,
            Blind,
            peer: 1,
            async (step, _) =>
            {
                if (step == 5)
                {
                    await cluster.KillNodeAsync(2);
                    cluster.StartNode(2);
                }
            });
        Assert.That(cluster.Log.Count("[1085] node 2"), Is.EqualTo(1));
    }

    [Test]
    public async Task Sends_the_same_masked_reply_over_a_broken_connection()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Blind);
        await AssertSameAsync(cluster, Blind, "--drop_at", "6");
        Assert.That(cluster.Log.Count("[1002] node 3 joined"), Is.EqualTo(2));
        Assert.That(cluster.Log.Count("[1085]"), Is.Zero);
    }

    [Test]
    public async Task Evaluates_on_what_it_holds_out()
    {
        ClusterOptions options = Blind with { ValidationFraction = 0.25 };
        using Turn turn = await Turn.TakeAsync();
        using var folder = new TempFolder();
        await using var cluster = new TestCluster(options);
        cluster.StartNode(1);
        cluster.StartNode(2);
        await using PythonNode node = StartPeer(3, options, folder, cluster);
        Validation mixed = await ValidateAsync(cluster);
        (int code, _, string errors) = await node.EndAsync();
        Assert.That(code, Is.Zero, errors);

        await using var ours = new TestCluster(options);
        ours.StartAllNodes();
        Validation expected = await ValidateAsync(ours);
        Assert.That((mixed.Hits, mixed.Rows), Is.EqualTo((expected.Hits, expected.Rows)));
        Assert.That(mixed.LossSum, Is.EqualTo(expected.LossSum).Within(1e-8));
    }

    [Test]
    public async Task Gives_its_gradient_of_all_parameters() => await AssertSameAsync(Convolution with { Algorithm = "fedsgd" });

    [Test]
    public async Task Checksums_may_be_left_out() => await AssertSameAsync(Options with { Checksums = false }, "--no_checksums");

    [Test]
    public async Task Keeps_its_forward_pass_over_a_broken_connection()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Options);
        await AssertSameAsync(cluster, Options, "--drop_at", "6");
        Assert.That(cluster.Log.Count("[1002] node 3 joined"), Is.EqualTo(2));
        Assert.That(cluster.Log.Count("[1009]"), Is.Zero);
    }

    [Test]
    public async Task Says_so_when_it_lost_its_forward_pass_in_a_restart()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Options);
        await AssertSameAsync(cluster, Options, "--restart_at", "6");
        Assert.That(cluster.Log.Count("[1002] node 3 joined"), Is.EqualTo(2));
        Assert.That(cluster.Log.Count("[1009] node 3"), Is.EqualTo(1));
    }

    [Test]
    public async Task Ends_where_trying_again_is_pointless()
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(Options);
        using var folder = new TempFolder();
        await using PythonNode node = PythonNode.Start(4, Options.EffectiveImages, folder, cluster.Endpoint);
        (int code, _, string errors) = await node.EndAsync();
        Assert.That((code, errors), Is.EqualTo((1, errors)));
        Assert.That(errors, Does.Contain("rejected: node_id"));
    }

    private static async Task<string> AssertSameAsync(ClusterOptions options, params string[] arguments)
    {
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(options);
        return await AssertSameAsync(cluster, options, arguments);
    }

    private static Task<string> AssertSameAsync(TestCluster cluster, ClusterOptions options, params string[] arguments) =>
        AssertSameAsync(cluster, options, peer: 3, beforeStep: null, arguments);

    /// <summary>Trains with one node in Python, and with three of ours, and compares the parameters.</summary>
    /// <returns>What the Python node said at its end.</returns>
    private static async Task<string> AssertSameAsync(
        TestCluster cluster, ClusterOptions options, int peer, Func<int, VirtualBatch, Task>? beforeStep, params string[] arguments)
    {
        using var folder = new TempFolder();
        foreach (int id in Enumerable.Range(1, 3).Where(id => id != peer))
        {
            cluster.StartNode(id);
        }

        await using PythonNode node = StartPeer(peer, options, folder, cluster, arguments);
        ClusterResult mixed = await TrainAsync(cluster, options, beforeStep);
        (int code, string output, string errors) = await node.EndAsync();
        Assert.That(code, Is.Zero, errors);

        await using var ours = new TestCluster(options);
        ours.StartAllNodes();
        ClusterResult expected = await TrainAsync(ours, options);
        double bound = options.Type == ElementType.Float64 ? 1e-12 : 1e-5;
        double difference = Difference(cluster.Session.Model.Parameters, ours.Session.Model.Parameters, options.Type);
        TestContext.Out.WriteLine($"{expected.Losses.Length} steps, difference {difference:e1}; {output.Trim()}");
        Assert.That(difference, Is.LessThan(bound));
        Assert.That(mixed.Losses, Has.Length.EqualTo(expected.Losses.Length));
        return output;
    }

    private static PythonNode StartPeer(int id, ClusterOptions options, TempFolder folder, TestCluster cluster, params string[] arguments) => PythonNode.Start(
        id, options.EffectiveImages.Select(options.EffectivePartition[id - 1]), folder, cluster.Endpoint, [.. arguments, "--allow_reveal", "end"]);

    private static Task<ClusterResult> TrainAsync(TestCluster cluster, ClusterOptions options, Func<int, VirtualBatch, Task>? beforeStep = null) =>
        options.Exchange == Exchange.Blind ? cluster.TrainAsync(Epochs, beforeStep) : cluster.TrainByMethodAsync(Epochs);

    /// <summary>The validation after an epoch.</summary>
    private static async Task<Validation> ValidateAsync(TestCluster cluster)
    {
        BlindMethod method = await cluster.BlindAsync();
        for (int i = 0; i < method.RoundsPerEpoch; i++)
        {
            await method.RunAsync(new Round(1, i), cluster.Deadline);
        }

        (_, Validation? validation) = await method.Holder.EvaluateAsync(1, cluster.Deadline);
        await cluster.Session.FinishAsync("the test is over");
        return validation!.Value;
    }

    /// <summary>The largest, over all parameters, of the largest absolute difference over the largest absolute value.</summary>
    private static double Difference(FlatParameters actual, FlatParameters expected, ElementType type)
    {
        double[] a = Doubles(actual, type);
        double[] b = Doubles(expected, type);
        return expected.Layout.Max(slice =>
        {
            IEnumerable<int> elements = Enumerable.Range((int)slice.Offset, (int)slice.Count);
            return elements.Max(i => Math.Abs(a[i] - b[i])) / elements.Max(i => Math.Abs(b[i]));
        });
    }

    private static double[] Doubles(FlatParameters parameters, ElementType type) => type == ElementType.Float64
        ? MemoryMarshal.Cast<byte, double>(parameters.ValueBytes.Span).ToArray()
        : [.. MemoryMarshal.Cast<byte, float>(parameters.ValueBytes.Span).ToArray().Select(v => (double)v)];
}
