using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Tests.Unit.Reports;

public sealed class StatisticTests
{
    [Test]
    public void The_deviation_is_that_of_a_sample()
    {
        // numpy.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1); over n it would be 2.
        Statistic statistic = Statistic.Of([2, 4, 4, 4, 5, 5, 7, 9])!.Value;
        Assert.That((statistic.Count, statistic.Mean), Is.EqualTo((8, 5.0)));
        Assert.That(statistic.Deviation, Is.EqualTo(2.138089935299395).Within(1e-15));
        Assert.That(statistic.Text("0.00"), Is.EqualTo("5.00 ± 2.14"));
    }

    [Test]
    public void One_value_has_no_deviation_and_none_no_statistic()
    {
        Assert.That(Statistic.Of([0.25])!.Value.Deviation, Is.Null);
        Assert.That(Statistic.Of([0.25])!.Value.Text("0.00"), Is.EqualTo("0.25"));
        Assert.That(Statistic.Of([]), Is.Null);
    }

    [Test]
    public void A_signed_number_has_its_sign_once() =>
        Assert.That(Statistic.Of([0.1, 0.3])!.Value.Text("+0.00;-0.00;0.00"), Is.EqualTo("+0.20 ± 0.14"));
}
