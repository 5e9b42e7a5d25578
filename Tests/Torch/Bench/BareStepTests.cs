using TorchSharp;
using TraversalLearning.Benchmarks.Micro;
using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Bench;

/// <summary>A step without the product's transport is a floor only if it does all that a step does.</summary>
public sealed class BareStepTests
{
    private const int Steps = 10;

    [TestCase(Exchange.TwoPhase, ElementType.Float32)]
    [TestCase(Exchange.OnePhase, ElementType.Float32)]
    [TestCase(Exchange.TwoPhase, ElementType.Float64)]
    [TestCase(Exchange.OnePhase, ElementType.Float64)]
    [TestCase(Exchange.Relay, ElementType.Float32)]
    [TestCase(Exchange.Relay, ElementType.Float64)]
    public void It_trains_bit_for_bit_as_the_same_computations_one_after_the_other(Exchange exchange, ElementType type)
    {
        BareWorkload workload = Tiny(exchange, type);
        using var bare = new BareStep(workload);
        using var plain = new StepWork(workload);
        for (int step = 0; step < Steps; step++)
        {
            string before = bare.Parameters.Sha256();
            bare.Step();
            Assert.That(plain.Step(), Is.GreaterThan(TimeSpan.Zero));
            Assert.That(bare.Parameters.Sha256(), Is.EqualTo(plain.Parameters.Sha256()).And.Not.EqualTo(before), $"step {step}");
        }
    }

    [TestCase(Exchange.TwoPhase)]
    [TestCase(Exchange.OnePhase)]
    [TestCase(Exchange.Relay)]
    public void It_trains_as_one_who_holds_all_samples(Exchange exchange)
    {
        BareWorkload workload = Tiny(exchange, ElementType.Float64);
        using var bare = new BareStep(workload);
        using var pooled = new ModelManager(workload.Setup, new OptimizerSettings(), BareHub.Seed, CPU);
        SampleTensors[] samples =
        [
            .. Enumerable.Range(0, workload.Nodes).Select(
                node => new SampleTensors(workload.SamplesOf(node), workload.Setup.Model.InputShape, workload.Setup.Normalisation, ScalarType.Float64, CPU)),
        ];
        for (int step = 0; step < Steps; step++)
        {
            bare.Step();
            using (NewDisposeScope())
            {
                (Tensor Inputs, Tensor Labels)[] rows = [.. samples.Select((s, node) => s.Gather(workload.Plan(node, step)))];
                pooled.PooledGradient(cat([.. rows.Select(r => r.Inputs)]), cat([.. rows.Select(r => r.Labels)]));
                pooled.Update();
            }
        }

        using Tensor difference = (bare.Parameters.Values - pooled.Parameters.Values).abs().max();
        Assert.That(difference.ToDouble(), Is.LessThan(1e-12));
        foreach (SampleTensors s in samples)
        {
            s.Dispose();
        }
    }

    [TestCase(Exchange.TwoPhase)]
    [TestCase(Exchange.OnePhase)]
    [TestCase(Exchange.Relay)]
    public void It_leaves_no_tensor_behind(Exchange exchange)
    {
        // One after the other: in threads, a node may still hold what it has sent when the hub's step is over.
        using var plain = new StepWork(Tiny(exchange, ElementType.Float32));
        TensorCount.AssertSteady(_ => plain.Step());
    }

    [Test]
    public void What_was_started_is_over_when_it_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        BareWorkload workload = Tiny(Exchange.TwoPhase, ElementType.Float32);
        Assert.That(() => BareStep.MillisecondsPerStep(workload, TimeSpan.FromHours(1), cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => StepWork.MillisecondsPerStep(workload, TimeSpan.FromHours(1), cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => TwoAtOnce.Factor(TimeSpan.FromHours(1), cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Every_row_of_a_batch_is_some_nodes_and_only_its()
    {
        BareWorkload workload = Tiny(Exchange.TwoPhase, ElementType.Float32);
        int[] rows = [.. Enumerable.Range(0, workload.Nodes).SelectMany(node => Enumerable.Range(workload.FirstRowOf(node), workload.RowsOf(node)))];
        Assert.That(rows, Is.EqualTo(Enumerable.Range(0, workload.BatchSize)));
        for (int node = 0; node < workload.Nodes; node++)
        {
            int held = workload.SamplesOf(node).Count;
            int[] visited = [.. Enumerable.Range(0, held / workload.RowsOf(node)).SelectMany(step => workload.Plan(node, step))];
            Assert.That(visited, Is.EqualTo(Enumerable.Range(0, held)), "all its samples, in some steps");
        }
    }

    [Test]
    public void A_contender_is_computed_with_its_model_cut_and_exchange()
    {
        var contender = new Contender(Trainer.Traversal, new Workload("cnn", 64, "flatten", Steps: 20), 3, "one_phase");
        var workload = BareWorkload.Of(contender, Images(28 * 28));
        Assert.That(workload.Setup.Model.Layers[workload.Setup.Cut - 1].Name, Is.EqualTo("flatten"));
        Assert.That((workload.Setup.Exchange, workload.BatchSize, workload.Nodes), Is.EqualTo((Exchange.OnePhase, 64, 3)));
        Assert.That(BareWorkload.Of(contender with { Exchange = "two_phase" }, Images(28 * 28)).Setup.Exchange, Is.EqualTo(Exchange.TwoPhase));
    }

    [Test]
    public void Only_what_counts_is_counted()
    {
        double seconds = Throughput.SecondsOf(TimeSpan.FromMilliseconds(2), () => TimeSpan.FromSeconds(3), CancellationToken.None);
        Assert.That(seconds, Is.EqualTo(3).Within(1e-9));
    }

    [Test]
    public void Two_products_at_once_take_some_time() =>
        Assert.That(TwoAtOnce.Factor(TimeSpan.FromMilliseconds(6), CancellationToken.None), Is.GreaterThan(0).And.LessThan(double.PositiveInfinity));

    // Seven rows for three nodes, so that they do not all have as many; fewer images than are held, so that some come again.
    private static BareWorkload Tiny(Exchange exchange, ElementType type) =>
        new(new TrainingSetup(ModelPresets.Mlp([12, 8, 6, 3]), Cut: 2, type, exchange, new Normalisation(0.5, 0.5)), BatchSize: 7, Nodes: 3, Images(12));

    private static SampleSet Images(int pixels)
    {
        var random = new Random(1);
        byte[] images = new byte[40 * pixels];
        random.NextBytes(images);
        return SampleSet.GreyImages(images, [.. Enumerable.Range(0, 40).Select(_ => (byte)random.Next(3))], 1, pixels);
    }
}
