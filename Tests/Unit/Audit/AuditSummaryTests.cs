using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Audit;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Tests.Unit.Audit;

public sealed class AuditSummaryTests
{
    private static readonly Finding Sums = new("two_phase", Parties.Node, "∇W/∇b, batch", 0, "the sum", Measures.Inputs, 41) { WithinOnePercent = 2, WithinTenPercent = 3 };

    [Test]
    public void What_helps_against_sums_is_advised_where_it_is_not_done()
    {
        Assert.That(
            AuditSummary.Advice(new RunOptions(), [Sums]), Has.Some.Contains("--activation gelu").And.Some.Contains("--batch_size"));
        var smooth = new RunOptions { Model = ModelPresets.Create("mlp", Activation.Gelu) };
        Assert.That(AuditSummary.Advice(smooth, [Sums]), Has.None.Contains("--activation").And.Some.Contains("--batch_size"));
        Assert.That(AuditSummary.Advice(new RunOptions(), [Sums with { Party = Parties.Wire }]), Has.Some.Contains("TLS"));
    }

    [Test]
    public void Without_a_finding_nothing_is_promised()
    {
        Finding chance = Sums with { Attack = "labels from Λ", Measure = Measures.Labels, WithinOnePercent = null, Share = 0.12, Chance = 0.1 };
        Assert.That(AuditSummary.Advice(new RunOptions(), [chance]), Has.Count.EqualTo(1).And.All.Contains("no proof"));
        Assert.That(AuditSummary.Of([chance])[0].Sentence, Is.EqualTo(
            "With two_phase, no label and no sample (within 1 %) is recovered by the orchestrator, another node, orchestrator and node together and a reader of the network without TLS."));
    }

    [Test]
    public void Groups_and_counts_are_named_where_labels_are_not_known()
    {
        Finding groups = Sums with { Measure = Measures.Groups, WithinOnePercent = null, Share = 0.9, Chance = 0.3 };
        Assert.That(AuditSummary.Of([groups])[0].Sentence, Does.Contain("groups of samples with the same label are recovered by another node"));
        Assert.That(
            AuditSummary.Of([groups with { Measure = Measures.Counts }])[0].Sentence, Does.Contain("the numbers of samples with each label in a batch are recovered by another node"));
    }
}
