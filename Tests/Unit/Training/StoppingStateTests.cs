using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Tests.Unit.Training;

internal sealed class StoppingStateTests
{
    [TestCase("3 2 1", 2, 0, 3, 0, false)]
    [TestCase("3 2 2", 2, 0, 2, 1, false)]
    [TestCase("3 2 2 5", 2, 0, 2, 2, true)]
    [TestCase("3 4 2 5", 2, 0, 3, 1, false)]
    [TestCase("3 2.95 2.85", 2, 0.1, 3, 0, false)]
    [TestCase("3 2.95 2.92", 2, 0.1, 1, 2, true)]
    [TestCase("NaN 3 NaN", 2, 0, 2, 0, false)]
    [TestCase("3 NaN 4 NaN 5", 2, 0, 1, 2, true)]
    [TestCase("Infinity NaN NaN", 2, 0, 0, 0, false)]
    [TestCase("1 2", 1, 0, 1, 1, true)]
    public void It_waits_for_a_better_loss_so_many_epochs(string losses, int patience, double minDelta, int bestEpoch, int waited, bool isOver)
    {
        var settings = new EarlyStopping(patience, minDelta, RestoreBest: true);
        StoppingState state = StoppingState.Start;
        int epoch = 0;
        foreach (double loss in losses.Split(' ').Select(double.Parse))
        {
            Assert.That(state.IsOver(settings), Is.False);
            epoch++;
            state = state.After(epoch, loss, new Evaluation(loss, 0.5), validation: null, settings);
        }

        Assert.That((state.BestEpoch, state.Waited, state.IsOver(settings)), Is.EqualTo((bestEpoch, waited, isOver)));
        Assert.That(state.BestEvaluation?.Loss, bestEpoch == 0 ? Is.Null : Is.EqualTo(state.BestLoss));
    }
}
