using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Studies;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>Successive halving by hand.</summary>
public sealed class HalvingTests
{
    [TestCase(1, 3, new[] { 1, 3, 9, 27 })]
    [TestCase(2, 2, new[] { 2, 4, 8, 16 })]
    [TestCase(5, 10, new[] { 5 })]
    public void Rungs_are_the_first_times_powers_of_the_factor(int first, int factor, int[] rungs)
    {
        var halving = new HalvingSettings(first, factor, HalvingSettings.Accuracy);
        Assert.That(Enumerable.Range(1, 30).Where(halving.IsRung), Is.EqualTo(rungs));
    }

    [TestCase(0.9, new[] { 0.9 }, true)]
    [TestCase(0.8, new[] { 0.9, 0.8 }, false)]
    [TestCase(0.9, new[] { 0.9, 0.8, 0.7 }, true)]
    [TestCase(0.8, new[] { 0.9, 0.8, 0.7, 0.6 }, true)]
    [TestCase(0.7, new[] { 0.9, 0.8, 0.7, 0.6 }, false)]
    [TestCase(0.9, new[] { 0.9, 0.9, 0.9 }, true)]
    public void One_in_three_goes_on(double score, double[] all, bool goesOn) =>
        Assert.That(new HalvingSettings(1, 3, HalvingSettings.Accuracy).GoesOn(score, all), Is.EqualTo(goesOn));

    [Test]
    public void More_accuracy_and_less_loss_are_better_and_no_number_is_the_worst()
    {
        var id = new RunId("a", 1);
        double Score(string measure, double accuracy, double loss) => new HalvingSettings(1, 3, measure).Score(new RunProgress(id, 1, accuracy, loss, 0));
        Assert.That(Score(HalvingSettings.Accuracy, 0.6, 9), Is.GreaterThan(Score(HalvingSettings.Accuracy, 0.5, 1)));
        Assert.That(Score(HalvingSettings.Loss, 0.5, 1), Is.GreaterThan(Score(HalvingSettings.Loss, 0.6, 9)));
        Assert.That(Score(HalvingSettings.Loss, 0.5, 1e300), Is.GreaterThan(Score(HalvingSettings.Loss, 0.5, double.NaN)));
    }
}
