using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Training;

/// <summary>A validation loss that is no number: beside a test set it is warned of, without one it is what the run is judged by.</summary>
public sealed class FiniteLossTests
{
    private static readonly Validation Bad = new Validation { HasClasses = true }.With(1, 0.5, 1, 2).With(2, double.NaN, 0, 2);

    [Test]
    public void Without_a_test_set_it_ends_the_run_and_names_the_node()
    {
        using var log = new CapturedLog();
        var finite = new FiniteLoss(test: null, learningRate: 0.5, isAllowed: false, new OrchestratorLog(log.Logger("test")));
        Assert.DoesNotThrow(() => finite.Require(Epoch(evaluation: null, new Validation().With(1, 0.5, 1, 2))));
        Assert.DoesNotThrow(() => finite.Require(Epoch(evaluation: null, validation: null)));
        finite.Look(Epoch(evaluation: null, Bad));
        DivergedException e = Assert.Throws<DivergedException>(() => finite.Require(Epoch(evaluation: null, Bad)))!;
        Assert.That(e.Message, Is.EqualTo(
            "the validation loss is NaN after epoch 1, by samples of node 2: look at the data of that node first; then use a smaller --lr (now 0.5) or --clip_grad_norm; --allow_nonfinite goes on"));
        Assert.That(log.Lines, Is.Empty);
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    public void Beside_a_test_set_or_where_it_is_allowed_it_is_warned_of_once(bool hasTest, bool isAllowed)
    {
        using var log = new CapturedLog();
        using SampleTensors? test = hasTest ? new SampleTensors(Synthetic.Images(4), [1, 8, 8], new(0.5, 0.5), TorchSharp.torch.ScalarType.Float32, TorchSharp.torch.CPU) : null;
        var finite = new FiniteLoss(test, learningRate: 0.5, isAllowed, new OrchestratorLog(log.Logger("test")));
        EpochCompleted epoch = Epoch(hasTest ? new Evaluation(0.5, 0.5) : null, Bad);
        for (int i = 0; i < 2; i++)
        {
            finite.Look(epoch);
            Assert.DoesNotThrow(() => finite.Require(epoch));
        }

        Assert.That(log.Lines.Count(l => l.Contains("by samples of node 2", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    private static EpochCompleted Epoch(Evaluation? evaluation, Validation? validation) => new(TrainingProgress.Start, evaluation, RunMeters.Zero) { Validation = validation };
}
