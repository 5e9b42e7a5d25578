using TraversalLearning.Nodes;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The blind exchange with nodes in this process, over real TCP.</summary>
public sealed class BlindTests
{
    private static readonly ClusterOptions Options = new() { Shards = [20, 30, 14, 25], BatchSize = 16, Exchange = Exchange.Blind };

    [Test]
    public async Task Nodes_train_and_end_with_the_same_model()
    {
        ClusterResult blind = await TestCluster.RunAsync(Options, epochs: 2);
        ClusterResult plain = await TestCluster.RunAsync(Options with { Exchange = Exchange.OnePhase }, epochs: 2);
        Assert.That(blind.Losses, Is.EqualTo(plain.Losses).Within(1e-4).Percent);
        Assert.That((await TestCluster.RunAsync(Options, epochs: 2)).Hash, Is.EqualTo(blind.Hash), "masks differ from run to run, and the model does not");
    }
}
