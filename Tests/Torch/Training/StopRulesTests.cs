using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Training;

/// <summary>When a run is ended before its last epoch, and by what.</summary>
public sealed class StopRulesTests
{
    [Test]
    public void A_rule_ends_a_run_from_its_value_on()
    {
        var rules = new StopRules { Rounds = 10, Accuracy = 0.9, Loss = 0.5, Seconds = 60, Bytes = 1000 };
        Assert.That(rules.AfterRound(9, () => (59.9, 999)), Is.Null);
        Assert.That(rules.AfterRound(10, () => (0, 0)), Is.EqualTo("rounds"));
        Assert.That(rules.AfterRound(1, () => (60, 0)), Is.EqualTo("seconds"));
        Assert.That(rules.AfterRound(1, () => (0, 1000)), Is.EqualTo("bytes"));
        Assert.That(rules.AfterEpoch(0.89, 0.51), Is.Null);
        Assert.That(rules.AfterEpoch(0.9, 0.51), Is.EqualTo("accuracy"));
        Assert.That(rules.AfterEpoch(0.1, 0.5), Is.EqualTo("loss"));
        Assert.That(rules.AfterEpoch(null, double.NaN), Is.Null, "no classes, and no number");
    }

    [Test]
    public void Without_rules_nothing_ends_a_run_and_nothing_is_measured()
    {
        Assert.That(StopRules.None.AfterRound(int.MaxValue, () => throw new InvalidOperationException("asked")), Is.Null);
        Assert.That(StopRules.None.AfterEpoch(1, 0), Is.Null);
    }

    [Test]
    public void Rules_decide_the_result_and_are_named_only_where_they_are_given()
    {
        var options = new ClusterOptions();
        SortedDictionary<string, string> without = ResultOptions.Of(options.NewContext().Options);
        SortedDictionary<string, string> with = ResultOptions.Of((options with { Stop = new StopRules { Rounds = 3, Loss = 0.25, Bytes = 5_000_000_000 } }).NewContext().Options);
        Assert.That(without.Keys, Has.None.StartsWith("--stop"));
        Assert.That(with.Where(f => f.Key.StartsWith("--stop", StringComparison.Ordinal)).Select(f => $"{f.Key} {f.Value}"), Is.EqualTo((string[])
            ["--stop_bytes 5000000000", "--stop_loss 0.25", "--stop_rounds 3"]));
        Assert.That(new StopRules { Accuracy = 0.9 }.Describe("accuracy"), Is.EqualTo("--stop_accuracy 0.9"));
    }
}
