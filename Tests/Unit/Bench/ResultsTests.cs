using TraversalLearning.Benchmarks.Runs;

namespace TraversalLearning.Tests.Unit.Bench;

public sealed class ResultsTests
{
    private static readonly Workload Mlp = new("mlp", 64, "1", Steps: 10);
    private static readonly Contender Traversal = new(Trainer.Traversal, Mlp, 3, "two_phase");
    private static readonly Contender Centralized = Traversal.Baseline;

    [TestCase(new[] { 3.0 }, 3, 3, 3)]
    [TestCase(new[] { 9.0, 1, 2 }, 2, 1, 9)]
    [TestCase(new[] { 4.0, 1, 2, 9 }, 3, 1, 9)]
    public void A_spread_is_the_middle_and_the_ends(double[] values, double median, double min, double max) =>
        Assert.That(Spread.Of(values), Is.EqualTo(new Spread(median, min, max)));

    [Test]
    public void Nothing_has_no_spread() => Assert.That(() => Spread.Of([]), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void Ratios_are_taken_within_each_round()
    {
        // The machine was half as fast in the second round. The ratio of the medians would be 10 / 4 = 2.5.
        Results results = With((Centralized, 2), (Traversal, 4), (Centralized, 4), (Traversal, 10), (Centralized, 6), (Traversal, 12));
        Assert.That(results.Ratio(Traversal, Centralized), Is.EqualTo(new Spread(2, 2, 2.5)));
        Assert.That(results.Step(Traversal), Is.EqualTo(new Spread(10, 4, 12)));
        Assert.That(results.Ratio(Centralized, Centralized), Is.EqualTo(new Spread(1, 1, 1)));
    }

    [Test]
    public void Who_was_not_measured_has_no_ratio() =>
        Assert.That(With((Centralized, 2), (Traversal, 4)).Ratio(Traversal, Traversal.PyTorchBaseline), Is.Null);

    [Test]
    public void The_median_run_is_one_of_them()
    {
        Results results = With((Traversal, 4), (Traversal, 10), (Traversal, 3), (Traversal, 5));
        Assert.That(results.Median(Traversal).StepMilliseconds, Is.EqualTo(4));
        Assert.That(results.Contenders, Is.EqualTo(new[] { Traversal }));
    }

    [Test]
    public void All_cuts_share_a_baseline() => Assert.That(
        new Contender(Trainer.Traversal, Mlp with { Cut = "fc2" }, 5, "one_phase").Baseline, Is.EqualTo(Centralized));

    private static Results With(params (Contender Contender, double Step)[] runs)
    {
        var results = new Results();
        foreach ((Contender contender, double step) in runs)
        {
            results.Add(contender, new RunFigures { StepMilliseconds = step });
        }

        return results;
    }
}
