using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What does not go with the blind exchange is refused before anything is started.</summary>
internal sealed class BlindFlagsTests
{
    private static readonly RunOptions Options = new ClusterOptions { Exchange = Exchange.Blind }.NewContext().Options with { AllowLossy = false, MinNodesPerBatch = 3 };

    private static IEnumerable<TestCaseData> Refusals()
    {
        yield return Case(Options with { AnyCut = true }, "has no cut to choose");
        yield return Case(Options with { AllowLossy = true }, "--allow_lossy does not go");
        yield return Case(Options with { AllowNonFinite = true }, "--allow_nonfinite does not go");
        yield return Case(Options with { SumBits = 32, ElementType = ElementType.Float64 }, "--sum_bits 32 loses digits");
        yield return Case(Options with { NumNodes = 1 }, "needs at least 2 nodes");
        yield return Case(Options with { NumNodes = 2 }, "with rows of 3 nodes, and there are 2");

        static TestCaseData Case(RunOptions options, string message) => new TestCaseData(options, message).SetArgDisplayNames(message);
    }

    [TestCaseSource(nameof(Refusals))]
    public void Refused(RunOptions options, string message)
    {
        UserErrorException? error = Assert.Throws<UserErrorException>(() => BlindFlags.Require(options));
        Assert.That(error!.Message, Does.Contain(message));
        Assert.That(() => BlindFlags.Require(options with { Exchange = Exchange.OnePhase }), Throws.Nothing, "other exchanges do not care");
    }

    [Test]
    public void Another_method_is_refused_since_it_would_choose_an_exchange_of_its_own()
    {
        UserErrorException? error = Assert.Throws<UserErrorException>(() => BlindFlags.RequireTraversal(Options, new Algorithm("fedavg")));
        Assert.That(error!.Message, Does.Contain("belongs to --algorithm tl"));
        Assert.That(() => BlindFlags.RequireTraversal(Options, Algorithm.Traversal), Throws.Nothing);
        Assert.That(() => BlindFlags.RequireTraversal(Options with { Exchange = Exchange.OnePhase }, new Algorithm("fedavg")), Throws.Nothing);
    }

    [Test]
    public void Accepted()
    {
        Assert.That(() => BlindFlags.Require(Options), Throws.Nothing);
        Assert.That(() => BlindFlags.Require(Options with { NumNodes = 2, MinNodesPerBatch = 2 }), Throws.Nothing);
        Assert.That(() => BlindFlags.Require(Options with { SumBits = 64, ElementType = ElementType.Float64 }), Throws.Nothing);
    }
}
