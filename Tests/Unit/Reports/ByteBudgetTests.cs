using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Tests.Unit.Reports;

public sealed class ByteBudgetTests
{
    private static readonly EpochPoint[] Free = Run(0, 0, 0);
    private static readonly EpochPoint[] Cheap = Run(10_000, 20_000, 30_000);
    private static readonly EpochPoint[] Dear = Run(25_000, 50_000, 75_000);

    [Test]
    public void The_largest_that_all_have_spent_is_that_of_the_cheapest_that_spends_any()
    {
        Assert.That(ByteBudget.Auto.For([Free, Dear, Cheap]), Is.EqualTo(30_000));
        Assert.That(ByteBudget.Parse("5e4").For([Free, Dear, Cheap]), Is.EqualTo(50_000));
        Assert.That(ByteBudget.Parse("5e4").For([Free]), Is.Null);
    }

    [Test]
    public void A_run_stands_where_its_last_epoch_within_the_budget_ended()
    {
        Assert.That(ByteBudget.At(Dear, 30_000)!.Epoch, Is.EqualTo(1));
        Assert.That(ByteBudget.At(Cheap, 30_000)!.Epoch, Is.EqualTo(3));
        Assert.That(ByteBudget.At(Free, 30_000)!.Epoch, Is.EqualTo(3), "it spends nothing");
        Assert.That(ByteBudget.At(Dear, 24_000), Is.Null, "the first epoch costs more");
        Assert.That(ByteBudget.At(Dear, 24_990)!.Epoch, Is.EqualTo(1), "a heartbeat more or less");
    }

    [TestCase("0")]
    [TestCase("-5")]
    [TestCase("many")]
    [TestCase("NaN")]
    [TestCase("1e19")]
    public void What_is_no_number_of_bytes_is_refused(string text) => Assert.That(() => ByteBudget.Parse(text), Throws.InstanceOf<FormatException>());

    private static EpochPoint[] Run(params long[] bytes) =>
        [.. bytes.Select((b, i) => new EpochPoint(i + 1, b, new Dictionary<string, double>(StringComparer.Ordinal)))];
}
