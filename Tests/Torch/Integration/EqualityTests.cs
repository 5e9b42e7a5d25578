using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The first thing that must always hold: the gradient of every step is that of one process with all data.</summary>
internal sealed class EqualityTests
{
    private static readonly ModelDescription CoupledModel = new(
        "coupled",
        [64],
        10,
        [
            new LinearLayer("fc1", 64, 24, Bias: false), new BatchNormLayer("bn", 24), new ReluLayer("relu"), new DropoutLayer("dropout", 0.3),
            new LinearLayer("fc2", 24, 10),
        ]);

    // Node 1 is in few batches, node 3 of the last two has nothing at all.
    private static readonly int[][] Shards = [[40], [7, 33], [1, 28, 0], [1, 7, 0, 25, 12]];

    private static IEnumerable<TestCaseData> Runs()
    {
        (ModelDescription Model, string[] Cuts)[] models =
        [
            (ClusterOptions.SmallMlp, ["fc1", "relu1", "fc2", "fc3"]),
            (ClusterOptions.SmallCnn, ["conv1", "conv2", "flatten", "fc2"]),
        ];
        var all = from model in models
                  from cut in model.Cuts
                  from shards in Shards
                  from exchange in Enum.GetValues<Exchange>()
                  where exchange != Exchange.Blind || shards.Length > 1 // One node has nobody to hide its sum among.
                  from type in new[] { ElementType.Float32, ElementType.Float64 }
                  select new ClusterOptions { Model = model.Model, Cut = cut, Shards = shards, Exchange = exchange, Type = type };
        return Selection.EachPair(all, o => (o.Model, o.Cut), o => o.Shards, o => o.Exchange, o => o.Type)
            .Select(o => new TestCaseData(o).SetArgDisplayNames(o.Model.Name, o.Cut, $"{o.Shards.Length} nodes", $"{o.Exchange}", $"{o.Type}"));
    }

    private static IEnumerable<TestCaseData> Presets() =>
        from preset in new[] { ("mlp", "relu2"), ("cnn", "conv1"), ("cnn", "pool"), ("cnn", "fc2") }
        from type in new[] { ElementType.Float32, ElementType.Float64 }
        select new TestCaseData(preset.Item1, preset.Item2, type);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(6)]
    public async Task Every_steps_gradient_is_the_centralized_one_whatever_the_micro_batches(int rows)
    {
        var options = new ClusterOptions { Shards = [1, 7, 0, 25, 12], BatchSize = 15, Type = ElementType.Float64, MicroBatchRows = rows };
        AssertEqual(await VerifyAsync(options, steps: 3), options, steps: 3);
    }

    private static IEnumerable<TestCaseData> Splits() =>
        Selection.EachValue(AllSplits(), s => (s.Preset, s.Exchange), s => s.Behind).Select(s => new TestCaseData(s.Preset, s.Cut, s.Exchange));

    private static IEnumerable<(string Preset, string Cut, Type Behind, Exchange Exchange)> AllSplits() =>
        from preset in new[] { "mlp", "cnn", "lenet5", "vgg", "resnet", "tabular:9,3", "text:20,6,3" }
        let model = ModelPresets.Create(preset)
        from cut in model.Cuts
        from exchange in Enum.GetValues<Exchange>()
        where Exactness.Problem(model, cut, exchange) is null
        select (preset, model.Layers[cut - 1].Name, model.Layers[cut - 1].GetType(), exchange);

    [TestCaseSource(nameof(Splits))]
    public async Task What_ships_is_exact_wherever_it_may_be_cut(string preset, string cut, Exchange exchange)
    {
        var model = ModelPresets.Create(preset);
        var options = new ClusterOptions
        {
            Model = model,
            Cut = cut,
            Exchange = exchange,
            Type = ElementType.Float64,
            Shards = [3, 0, 9],
            BatchSize = 6,
            MicroBatchRows = 2,
            Images = model.Vocabulary is { } words
                ? Synthetic.Tokens(SampleElement.Int64, 12, (int)model.InputShape[0], (int)words, model.ClassCount)
                : Synthetic.Noise(12, model.InputShape, model.ClassCount),
        };
        AssertEqual(await VerifyAsync(options, steps: 2), options, steps: 2);
    }

    [Test]
    public void Every_preset_can_be_cut_somewhere() =>
        Assert.That(Splits().Select(c => (string)c.Arguments[0]!).Distinct(StringComparer.Ordinal).Select(p => p.Split(':')[0]), Is.EquivalentTo(ModelPresets.Names.Select(n => n.Split('[', ':')[0])));

    [TestCaseSource(nameof(Runs))]
    public async Task Every_steps_gradient_is_the_centralized_one(ClusterOptions options) => AssertEqual(await VerifyAsync(options, steps: 6), options, steps: 6);

    [Test]
    public async Task Layers_that_need_the_whole_batch_are_exact_behind_a_relay([Values] TraversalOrder order)
    {
        var options = new ClusterOptions { Model = CoupledModel, Cut = "fc1", Shards = [1, 7, 0, 25, 12], BatchSize = 15, Type = ElementType.Float64, Order = order };
        AssertEqual(await VerifyAsync(options with { Exchange = Exchange.Relay }, steps: 4), options, steps: 4);

        VerificationResult elsewhere = await VerifyAsync(options with { Exchange = Exchange.TwoPhase, Shards = [20, 25] }, steps: 1);
        Assert.That(elsewhere.GradientDifference, Is.GreaterThan(1e-3), "with two phases they are not, and that is noticed");
    }

    [Test]
    public async Task Every_clipped_step_is_the_centralized_one([Values] OptimizerKind optimizer, [ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        const double MaxNorm = 0.01;
        var options = new ClusterOptions
        {
            Shards = [1, 7, 0, 25, 12],
            BatchSize = 15,
            Type = ElementType.Float64,
            Exchange = exchange,
            Optimizer = new OptimizerSettings(optimizer, ClipGradNorm: MaxNorm),
        };
        AssertEqual(await VerifyAsync(options, steps: 4), options, steps: 4);

        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        VirtualBatch batch = (await cluster.PlanAsync(epochs: 1)).First();
        await cluster.Session.Parts.Gradients.ComputeAsync(batch, cluster.Deadline);
        FlatParameters parameters = cluster.Session.Model.Parameters;
        using Tensor before = parameters.Gradient.clone();
        cluster.Session.Model.Update();
        using Tensor length = before.norm(), clipped = parameters.Gradient.norm();
        Assert.That(length.ToDouble(), Is.GreaterThan(2 * MaxNorm), "there was something to clip");
        Assert.That(clipped.ToDouble(), Is.EqualTo(MaxNorm * length.ToDouble() / (length.ToDouble() + 1e-6)).Within(1e-14));
    }

    [TestCaseSource(nameof(Presets))]
    public async Task Every_steps_gradient_is_the_centralized_one_for_the_models_that_ship(string preset, string cut, ElementType type)
    {
        var options = new ClusterOptions
        {
            Model = ModelPresets.Create(preset), Cut = cut, Type = type, Shards = [3, 0, 9], BatchSize = 6, Images = Synthetic.Images(12, side: 28),
        };
        AssertEqual(await VerifyAsync(options, steps: 2), options, steps: 2);
    }

    [Test]
    public async Task Every_steps_gradient_is_the_centralized_one_on_numbers_that_numpy_has_saved(
        [Values(SampleElement.Float32, SampleElement.Float64)] SampleElement element, [Values(ElementType.Float32, ElementType.Float64)] ElementType type)
    {
        using var folder = new TempFolder();
        var images = new ClusterOptions { Shards = [1, 7, 0, 25, 12], Type = type };
        folder.WriteNpy("data", "train", Synthetic.Numbers(element, images.EffectiveImages));
        ClusterOptions numbers = images with { Images = DatasetLocator.InDirectory(folder["data"]).ReadTrain() };
        AssertEqual(await VerifyAsync(numbers, steps: 6), numbers, steps: 6);

        // Nobody scales or rounds them on the way: they train to the bytes of the pixels that they were made of.
        if ((element == SampleElement.Float64) == (type == ElementType.Float64))
        {
            Assert.That((await TestCluster.RunAsync(numbers)).Hash, Is.EqualTo((await TestCluster.RunAsync(images)).Hash));
        }
    }

    [Test]
    public async Task Every_steps_gradient_is_the_centralized_one_on_tokens(
        [Values(SampleElement.Int32, SampleElement.Int64)] SampleElement element, [Values] Exchange exchange)
    {
        using var folder = new TempFolder();
        folder.WriteNpy("data", "train", Synthetic.Tokens(element, count: 45, length: 6, words: 20, classes: 3));
        var options = new ClusterOptions
        {
            Model = ModelPresets.Create("text:20,6,3"),
            Shards = [1, 7, 0, 25, 12],
            Type = ElementType.Float64,
            Exchange = exchange,
            Images = DatasetLocator.InDirectory(folder["data"]).ReadTrain(),
        };
        AssertEqual(await VerifyAsync(options, steps: 6), options, steps: 6);
    }

    [Test]
    public async Task Every_steps_gradient_is_the_centralized_one_however_it_travels(
        [Values] Exchange exchange, [Values] TraversalOrder order, [Values] CompressionMode compression, [Values] bool checksums)
    {
        // Tensors of more than 4 KiB, below which nothing is compressed; behind the ReLU and the pixels' range much of them is zero.
        var options = new ClusterOptions
        {
            Model = ModelPresets.Mlp([64, 96, 10]),
            Cut = "relu1",
            Type = ElementType.Float64,
            Shards = [64, 8, 0, 56],
            BatchSize = 64,
            Exchange = exchange,
            Order = order,
            Compression = compression,
            Checksums = checksums,
        };
        AssertEqual(await VerifyAsync(options, steps: 4), options, steps: 4);
    }

    [TestCase("mlp")]
    [TestCase("cnn")]
    public async Task A_step_is_what_a_plain_PyTorch_program_computes_over_the_pooled_rows(string preset)
    {
        var options = new ClusterOptions
        {
            Model = preset == "mlp" ? ClusterOptions.SmallMlp : ClusterOptions.SmallCnn, Type = ElementType.Float64, Shards = [3, 0, 17, 9], BatchSize = 11,
        };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        foreach (VirtualBatch batch in await cluster.PlanAsync(epochs: 2))
        {
            BatchOutcome outcome = await cluster.Session.Parts.Gradients.ComputeAsync(batch, cluster.Deadline);
            double loss = AssertPlainGradient(options, batch, cluster.Session.Model.Parameters);
            Assert.That(outcome.LossSum / batch.Rows, Is.EqualTo(loss).Within(1e-12));
            Assert.That(outcome.Rows, Is.EqualTo(batch.Rows));
            cluster.Session.Model.Update();
        }
    }

    [Test]
    public async Task Whole_runs_end_with_the_parameters_of_centralized_training([Values] Exchange exchange, [Values] OptimizerKind optimizer)
    {
        var options = new ClusterOptions { Type = ElementType.Float64, Exchange = exchange, Optimizer = new OptimizerSettings(optimizer), Shards = [100, 1, 59, 0, 40] };
        RunContext context = options.NewContext();
        using var pooled = new PooledSamples(options.EffectiveImages, options.EffectivePartition, context.Setup, CPU);
        using ModelManager centralized = context.NewModel();
        var gradient = new CentralizedGradient(centralized, pooled);
        var losses = new List<double>();
        foreach (VirtualBatch batch in new VirtualBatchPlanner(options.Shards, options.BatchSize, options.Seed).Epoch(1))
        {
            losses.Add(gradient.Compute(batch).LossSum / batch.Rows);
            centralized.Update();
        }

        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        ClusterResult run = await cluster.TrainAsync();

        Assert.That(run.Losses, Is.EqualTo(losses).Within(1e-9));
        Assert.That(run.Losses, Has.Length.EqualTo(25));
        using DisposeScope scope = NewDisposeScope();
        Tensor expected = centralized.Parameters.Values;
        double difference = (cluster.Session.Model.Parameters.Values - expected).abs().max().ToDouble() / expected.abs().max().ToDouble();
        Assert.That(difference, Is.LessThan(1e-6));
    }

    [Test]
    public async Task Training_learns()
    {
        ClusterResult run = await TestCluster.RunAsync(new ClusterOptions { Shards = [100, 50, 50] }, epochs: 8);
        Assert.That(run.Losses[^25..].Average(), Is.LessThan(run.Losses[..25].Average() / 2));
    }

    private static Task<VerificationResult> VerifyAsync(ClusterOptions options, int steps) =>
        Verifier.RunAsync(options.NewContext(), options.EffectiveImages, options.EffectivePartition, steps, progress: null, TestContext.CurrentContext.CancellationToken);

    private static void AssertEqual(VerificationResult result, ClusterOptions options, int steps)
    {
        Assert.That(result.Steps, Is.EqualTo(steps));
        Assert.That(result.GradientDifference, Is.LessThanOrEqualTo(options.Type == ElementType.Float64 ? 1e-12 : 1e-5));
        Assert.That(result.IsEqual, Is.True);
    }

    /// <summary>The gradient and the mean loss, with nothing of the product but the plan and θ's values.</summary>
    private static double AssertPlainGradient(ClusterOptions options, VirtualBatch batch, FlatParameters actual)
    {
        using DisposeScope scope = NewDisposeScope();
        nn.Module<Tensor, Tensor>[] layers = options.Model == ClusterOptions.SmallMlp
            ? [nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 10)]
            : [nn.Conv2d(1, 4, 3, padding: 1L), nn.ReLU(), nn.Conv2d(4, 6, 3, stride: 2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24, 8), nn.ReLU(), nn.Linear(8, 4)];
        using TorchSharp.Modules.Sequential model = nn.Sequential(layers);
        model.to(float64);
        TorchSharp.Modules.Parameter[] parameters = [.. model.parameters()];
        using (no_grad())
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                parameters[i].copy_(View(actual.Values, actual.Layout[i]));
            }
        }

        SampleSet images = options.EffectiveImages;
        int[][] partition = options.EffectivePartition;
        int[] rows = [.. batch.Plan.Visits.SelectMany(v => v.Indices.Select(i => partition[v.NodeId - 1][i]))];
        Tensor inputs = tensor(rows.SelectMany(r => images.Sample(r).ToArray()).Select(p => ((p / 255.0) - 0.5) / 0.5).ToArray(), [rows.Length, .. options.Model.InputShape]);
        Tensor loss = nn.functional.cross_entropy(model.call(inputs), tensor(rows.Select(r => (long)images.Labels[r]).ToArray()));
        loss.backward();
        for (int i = 0; i < parameters.Length; i++)
        {
            Tensor expected = parameters[i].grad!;
            double difference = (View(actual.Gradient, actual.Layout[i]) - expected).abs().max().ToDouble();
            Assert.That(difference, Is.LessThanOrEqualTo(1e-12 * expected.abs().max().ToDouble()), $"batch {batch.Index}, {actual.Layout[i].Name}");
        }

        return loss.ToDouble();
    }

    private static Tensor View(Tensor flat, ParameterSlice slice) => flat.narrow(0, slice.Offset, slice.Count).view(slice.Shape);
}
