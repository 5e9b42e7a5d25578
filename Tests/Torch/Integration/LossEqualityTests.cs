using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Whatever is minimised, the gradient of every step is that of one process with all data, and the loss is too.</summary>
internal sealed class LossEqualityTests
{
    private static readonly double[] TenWeights = [1, 2, 0.5, 0, 3, 1, 1, 0.25, 1, 7];

    private static IEnumerable<TestCaseData> Losses() =>
        from loss in new (string Name, LossFunction Loss, int Outputs)[]
        {
            ("class weights", new CrossEntropyLoss(TenWeights), 10),
            ("label smoothing", new CrossEntropyLoss(LabelSmoothing: 0.2), 10),
            ("both", new CrossEntropyLoss(TenWeights, 0.2), 10),
            ("one logit", new BceWithLogitsLoss(), 1),
            ("one logit, class weights", new BceWithLogitsLoss([0.5, 3]), 1),
            ("a logit for each class", new BceWithLogitsLoss(TenWeights), 10),
            ("squared error", new MseLoss(), 1),
            ("squared error of three", new MseLoss(), 3),
        }
        from exchange in Enum.GetValues<Exchange>()
        select new TestCaseData(Options(loss.Loss, loss.Outputs) with { Exchange = exchange }).SetArgDisplayNames(loss.Name, $"{exchange}");

    [TestCaseSource(nameof(Losses))]
    public async Task Every_steps_gradient_is_the_centralized_one(ClusterOptions options)
    {
        VerificationResult result = await Verifier.RunAsync(
            options.NewContext(), options.EffectiveImages, options.EffectivePartition, steps: 6, progress: null, TestContext.CurrentContext.CancellationToken);
        Assert.That(result.GradientDifference, Is.LessThanOrEqualTo(1e-12));
        Assert.That(result.IsEqual, Is.True);
    }

    [TestCaseSource(nameof(Losses))]
    public async Task The_loss_of_a_run_is_that_of_its_definition(ClusterOptions options)
    {
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        double expected = 0;
        ClusterResult run = await cluster.TrainAsync(beforeStep: (step, batch) =>
        {
            if (step == 0)
            {
                using var scope = NewDisposeScope();
                using var model = new LayeredModel(options.Model, 1);
                using var parameters = new FlatParameters(model, ScalarType.Float64, CPU, gradientCount: 0);
                parameters.CopyValuesFrom(cluster.Session.Model.Parameters);
                using var samples = new SampleTensors(options.EffectiveImages, options.Model.InputShape, new Normalisation(0.5, 0.5), ScalarType.Float64, CPU);
                int[] rows = [.. batch.Plan.Visits.SelectMany(v => v.Indices.Select(i => options.EffectivePartition[v.NodeId - 1][i]))];
                (Tensor inputs, Tensor labels) = samples.Gather(rows);
                expected = options.Loss.Sum(model.call(inputs), labels).ToDouble() / rows.Length;
            }

            return Task.CompletedTask;
        });
        
        // With the blind exchange each node says its loss in units of 2^-32.
        Assert.That(run.Losses[0], Is.EqualTo(expected).Within(options.Exchange == Exchange.Blind ? 1e-10 : 1e-12));
        Assert.That(run.Losses, Has.All.InRange(0, double.MaxValue));
    }

    [Test]
    public async Task Numbers_can_be_learned()
    {
        ClusterResult run = await TestCluster.RunAsync(Options(new MseLoss(), outputs: 1) with { Shards = [60, 30, 30], Optimizer = new OptimizerSettings(OptimizerKind.Adam, 0.01) }, epochs: 15);
        Assert.That(run.Losses[^12..].Average(), Is.LessThan(run.Losses[..12].Average() / 4));
    }

    private static ClusterOptions Options(LossFunction loss, int outputs)
    {
        var options = new ClusterOptions
        {
            Loss = loss,
            Model = ModelPresets.Mlp([64, 24, 16, outputs]),
            Shards = [1, 7, 0, 25, 12],
            BatchSize = 15,
            Type = ElementType.Float64,
        };
        SampleSet images = Synthetic.Images(150, classes: outputs == 1 ? 2 : 10);
        return options with
        {
            Images = loss.Outputs == OutputMeaning.Numbers ? Synthetic.Regression(images, outputs) : images,
        };
    }
}
