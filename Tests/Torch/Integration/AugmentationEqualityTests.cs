using TraversalLearning.Data.Batches;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Random changes of images are the same for a node, for one of several in a process, and for one process with all data.</summary>
internal sealed class AugmentationEqualityTests
{
    private static readonly ModelDescription Coloured = new(
        "coloured",
        [3, 9, 7],
        4,
        [new Conv2dLayer("conv", 3, 4, Kernel: 3), new ReluLayer("relu"), new FlattenLayer("flatten"), new LinearLayer("fc", 140, 4)]);

    private static readonly ClusterOptions Options = new()
    {
        Model = Coloured,
        Images = Synthetic.Noise(60, [3, 9, 7], 4),
        Shards = [1, 7, 0, 25, 12],
        BatchSize = 15,
        Type = ElementType.Float64,
        Augmentation = Augmentation.Parse("crop:2,flip"),
    };

    [Test]
    public async Task Every_steps_gradient_is_the_centralized_one([Values] Exchange exchange, [Values("crop:2,flip", "crop:3", "flip")] string augment)
    {
        ClusterOptions options = Options with { Exchange = exchange, Augmentation = Augmentation.Parse(augment) };
        VerificationResult result = await Verifier.RunAsync(
            options.NewContext(), options.Images!, options.EffectivePartition, steps: 7, progress: null, TestContext.CurrentContext.CancellationToken);
        Assert.That(result.GradientDifference, Is.LessThanOrEqualTo(1e-12));
        Assert.That(result.IsEqual, Is.True);
    }

    [Test]
    public async Task Images_are_changed_and_others_in_every_epoch()
    {
        ClusterResult changed = await TestCluster.RunAsync(Options, epochs: 2);
        ClusterResult plain = await TestCluster.RunAsync(Options with { Augmentation = Augmentation.None }, epochs: 2);
        Assert.That(changed.Losses, Is.Not.EqualTo(plain.Losses));
        Assert.That((await TestCluster.RunAsync(Options, epochs: 2)).Hash, Is.EqualTo(changed.Hash), "at random, but the same in every run");

        using var pooled = new TraversalLearning.Orchestration.Training.PooledSamples(Options.Images!, Options.EffectivePartition, Options.NewContext().Setup, CPU);
        VirtualBatch batch = new VirtualBatchPlanner(Options.Shards, 15, 1).Epoch(1).First();
        using Tensor first = pooled.Gather(batch).Inputs, again = pooled.Gather(batch).Inputs, next = pooled.Gather(batch with { Epoch = 2 }).Inputs;
        Assert.That(again.Equals(first), Is.True);
        Assert.That(next.Equals(first), Is.False);
    }

    [Test]
    public async Task Nodes_of_one_process_have_the_same_images()
    {
        ClusterResult apart = await TestCluster.RunAsync(Options, epochs: 2);
        await using var cluster = new TestCluster(Options);
        cluster.StartHost(1, Options.Shards.Length);
        Assert.That((await cluster.TrainAsync(epochs: 2)).Hash, Is.EqualTo(apart.Hash));
    }

    [Test]
    public async Task A_node_that_is_restarted_has_the_same_images()
    {
        ClusterResult undisturbed = await TestCluster.RunAsync(Options, epochs: 2);
        await using var cluster = new TestCluster(Options);
        cluster.StartAllNodes();
        ClusterResult run = await cluster.TrainAsync(epochs: 2, async (step, _) =>
        {
            if (step is 1 or 4)
            {
                await cluster.KillNodeAsync(4);
                cluster.StartNode(4);
            }
        });
        Assert.That(run.Hash, Is.EqualTo(undisturbed.Hash));
    }
}
