using System.Runtime.InteropServices;
using System.Text.Json;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>
/// Split learning and SplitFed beside what holds for every method (<see cref="EveryMethodTests"/>): they give what torch gives with two modules
/// and two optimizers, and send what split learning sends.
/// </summary>
public sealed class SplitLearningTests
{
    private static readonly JsonElement Root = Golden.Json("split.json");

    private static readonly string[] Algorithms = ["split", "splitfedv1", "splitfedv2"];

    /// <summary>Of tests that wait for a task's time to be over.</summary>
    private static readonly string[] Slow = Selection.First(Algorithms);

    // Every node has another number of samples; the last batch of a pass is smaller.
    private static readonly ClusterOptions Base = new()
    {
        Shards = [20, 7, 13],
        BatchSize = 8,
        Type = ElementType.Float64,
        Optimizer = new OptimizerSettings(OptimizerKind.Sgd, 0.1, Momentum: 0.9),
        Federation = new Federation { LocalEpochs = 2 },
    };

    private static IEnumerable<TestCaseData> Cases() =>
        Root.GetProperty("cases").EnumerateArray().Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public async Task Every_round_ends_with_the_parameters_that_torch_has(JsonElement golden)
    {
        JsonElement example = Root.GetProperty("example");
        ClusterOptions options = FederatedExample.Options(example, golden.GetProperty("optimizer").GetString()!, Root.GetProperty("gamma").GetDouble());
        options = options with
        {
            Algorithm = golden.GetProperty("algorithm").GetString()!,
            BatchSize = golden.GetProperty("batch_size").GetInt32(),
            Federation = new Federation { LocalEpochs = golden.GetProperty("local_epochs").GetInt32() },
            Optimizer = options.Optimizer with { ClipGradNorm = golden.TryGetProperty("clip", out JsonElement clip) ? clip.GetDouble() : 0 },
        };
        await using var cluster = new TestCluster(options);
        FederatedExample.SetInitial(example, cluster.Session.Model);
        cluster.StartAllNodes();
        JsonElement[] rounds = [.. golden.GetProperty("rounds").EnumerateArray()];
        int done = 0;

        ClusterResult run = await cluster.TrainByMethodAsync(rounds.Length, (_, _) =>
        {
            double[] expected = [.. rounds[done++].GetProperty("theta").EnumerateArray().Select(v => v.GetDouble())];
            Assert.That(FederatedExample.Parameters(cluster.Session.Model), Is.EqualTo(expected).Within(1e-12), $"after round {done}");
            return Task.CompletedTask;
        });

        Assert.That(done, Is.EqualTo(rounds.Length));
        Assert.That(run.Losses, Is.EqualTo(rounds.Select(r => r.GetProperty("loss").GetDouble())).Within(1e-12));
    }

    [Test]
    public async Task SplitFed_version_1_is_federated_averaging_with_the_model_cut_in_two(
        [Values] OptimizerKind optimizer, [ValueSource(nameof(Models))] (ModelDescription Model, string Cut) model)
    {
        ClusterOptions options = Base with { Model = model.Model, Cut = model.Cut, Optimizer = new OptimizerSettings(optimizer) };
        double[] whole = await StateAsync(options with { Algorithm = "fedavg" });
        double[] cut = await StateAsync(options with { Algorithm = "splitfedv1" });
        Assert.That(cut, Is.EqualTo(whole).Within(1e-10));
    }

    [Test]
    public async Task With_one_node_all_three_are_the_same()
    {
        ClusterOptions options = Base with { Shards = [29] };
        double[] split = await StateAsync(options with { Algorithm = "split" });
        foreach (string other in Algorithms[1..])
        {
            Assert.That(await StateAsync(options with { Algorithm = other }), Is.EqualTo(split).Within(1e-15), other);
        }
    }

    [TestCaseSource(nameof(Algorithms))]
    public async Task Parameters_go_out_and_come_back_once_a_turn_and_labels_never(string algorithm)
    {
        const int Epochs = 2;
        var counts = new Dictionary<MessageType, int>();
        var bytes = new Dictionary<MessageType, long>();
        await using var cluster = new TestCluster(Base with { Algorithm = algorithm, Checksums = false });
        await using var proxies = new ProxySet(cluster, 3, async frame =>
        {
            lock (counts)
            {
                counts[frame.Type] = counts.GetValueOrDefault(frame.Type) + 1;
                bytes[frame.Type] = bytes.GetValueOrDefault(frame.Type) + BitConverter.ToInt64(frame.Bytes, 20);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(proxies.EndpointOf);

        await cluster.TrainByMethodAsync(Epochs);

        // 3 + 1 + 2 batches of 20, 7 and 13 samples, twice in each of two rounds; 64 inputs, 24 activations, 10 classes.
        const int Turns = 3 * Epochs;
        const int Batches = 6 * 2 * Epochs;
        const long Rows = 40 * 2 * Epochs;
        const long FirstBytes = ((64 * 24) + 24) * sizeof(double);
        Assert.That(
            (counts[MessageType.TurnStart], counts[MessageType.TurnResult], counts[MessageType.TurnForward], counts[MessageType.TurnAck]),
            Is.EqualTo((Turns, Turns, Batches, Turns + Batches)));
        Assert.That((bytes[MessageType.TurnStart], bytes[MessageType.TurnResult]), Is.EqualTo((Turns * FirstBytes, Turns * FirstBytes)));
        Assert.That(bytes[MessageType.TurnForward], Is.EqualTo(Rows * sizeof(int)));
        Assert.That((bytes[MessageType.ActivationResult], bytes[MessageType.TurnBackward]), Is.EqualTo((Rows * 24 * sizeof(double), Rows * 24 * sizeof(double))));
        Assert.That((bytes[MessageType.LossPass], bytes[MessageType.LossResult]), Is.EqualTo((Rows * 10 * sizeof(double), Rows * 10 * sizeof(double))));
        Assert.That(bytes[MessageType.TurnAck] + bytes[MessageType.TurnEnd], Is.Zero);
        Assert.That(counts.Keys, Has.None.EqualTo(MessageType.ForwardPass).And.None.EqualTo(MessageType.BackwardResult));
    }

    [TestCaseSource(nameof(Algorithms))]
    public async Task A_duplicated_request_changes_nothing(string algorithm)
    {
        ClusterOptions options = Base with { Algorithm = algorithm, Model = NormMlp, Cut = "norm1" };
        double[] expected = await StateAsync(options);
        await using var cluster = new TestCluster(options);
        await using var proxies = new ProxySet(
            cluster, 3, async frame => await frame.SendAsync(IsOfATurn(frame.Type) ? [.. frame.Bytes, .. frame.Bytes] : frame.Bytes));
        cluster.StartAllNodes(proxies.EndpointOf);

        await cluster.TrainByMethodAsync(epochs: 2);

        Assert.That(All(cluster), Is.EqualTo(expected));
        Assert.That(cluster.Log.Count("[1008]"), Is.Zero, "no turn had to be taken again");
    }

    [TestCaseSource(nameof(Slow))]
    public async Task A_request_that_is_lost_costs_the_turn_and_no_more(string algorithm)
    {
        ClusterOptions options = Base with { Algorithm = algorithm, Model = NormMlp, Cut = "norm1", TaskTimeout = TimeSpan.FromSeconds(2) };
        double[] expected = await StateAsync(options);
        await using var cluster = new TestCluster(options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame =>
            frame.Type == MessageType.TurnBackward && frame.Number == 2 ? Task.CompletedTask : frame.ForwardAsync());
        cluster.StartAllNodes(id => id == 1 ? proxy.Endpoint : null);

        await cluster.TrainByMethodAsync(epochs: 2);

        Assert.That(All(cluster), Is.EqualTo(expected));
        Assert.That(cluster.Log.Count("[1008] node 1"), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Slow))]
    public async Task Each_request_has_all_of_the_time_that_a_task_may_take(string algorithm)
    {
        // A turn of node 1 has six batches and 20 requests: together they take longer than one may.
        ClusterOptions options = Base with { Algorithm = algorithm, TaskTimeout = TimeSpan.FromSeconds(1) };
        await using var cluster = new TestCluster(options);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            await Task.Delay(IsOfATurn(frame.Type) ? 70 : 0, frame.Ended.Token);
            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 1 ? proxy.Endpoint : null);

        await cluster.TrainByMethodAsync(epochs: 1);

        Assert.That(cluster.Log.Count("[1008]"), Is.Zero);
    }

    private static IEnumerable<(ModelDescription Model, string Cut)> Models =>
    [
        (ClusterOptions.SmallMlp, "fc1"),
        (ClusterOptions.SmallCnn, "pool"),
        (NormMlp, "norm1"),
    ];

    /// <summary>Running statistics on both sides of a cut.</summary>
    private static ModelDescription NormMlp { get; } = new(
        "norms",
        [64],
        10,
        [
            new LinearLayer("fc1", 64, 12, Bias: false), new BatchNormLayer("norm1", 12), new ReluLayer("relu1"), new LinearLayer("fc2", 12, 8),
            new BatchNormLayer("norm2", 8), new LinearLayer("fc3", 8, 10),
        ]);

    private static bool IsOfATurn(MessageType type) =>
        type is MessageType.TurnStart or MessageType.TurnForward or MessageType.LossPass or MessageType.TurnBackward or MessageType.TurnEnd;

    /// <summary>θ and the buffers after two rounds.</summary>
    private static async Task<double[]> StateAsync(ClusterOptions options)
    {
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        await cluster.TrainByMethodAsync(epochs: 2);
        return All(cluster);
    }

    private static double[] All(TestCluster cluster)
    {
        FlatParameters parameters = cluster.Session.Model.Parameters;
        using var buffers = HostTensor.Zeros([FlatBuffers.Count(parameters)], TorchSharp.torch.ScalarType.Float64);
        FlatBuffers.Read(parameters, buffers.Tensor);
        return [.. FederatedExample.Parameters(cluster.Session.Model), .. MemoryMarshal.Cast<byte, double>(buffers.Memory.Span)];
    }
}
