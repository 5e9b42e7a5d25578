using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// What becomes of a run whose loss behind an epoch is NaN or infinite. That of the test set ends it, with its checkpoint, or is warned of where it is allowed; that of
/// validation is warned of, and takes the place of the test set's where there is none.
/// </summary>
/// <param name="test">What the model is evaluated on; <see langword="null"/> if there is nothing.</param>
/// <param name="learningRate">What is advised to be made smaller.</param>
/// <param name="isAllowed">Whether the run goes on.</param>
/// <param name="log">Told of it then.</param>
internal sealed class FiniteLoss(SampleTensors? test, double learningRate, bool isAllowed, OrchestratorLog log)
{
    private bool _isWarned;

    private string Advice => $"then use a smaller --lr (now {learningRate}) or --clip_grad_norm; --allow_nonfinite goes on";

    /// <summary>Looks at what the model of an epoch is judged by.</summary>
    /// <exception cref="DivergedException">Its loss is not finite, and that is not allowed.</exception>
    public void Require(EpochCompleted epoch)
    {
        if (test is not null && epoch.Evaluation is { } evaluation)
        {
            RequireTest(test, epoch.Progress.Epoch, evaluation);
        }
        else if (!isAllowed && epoch.Validation is { } validation && !double.IsFinite(validation.Loss))
        {
            throw new DivergedException($"{Describe(epoch.Progress.Epoch, validation)}: look at the data of that node first; {Advice}");
        }
    }

    /// <summary>Looks at the validation of an epoch: warns of the first one whose loss is not finite, and ends nothing.</summary>
    public void Look(EpochCompleted epoch)
    {
        if (!_isWarned && (test is not null || isAllowed) && epoch.Validation is { } validation && !double.IsFinite(validation.Loss))
        {
            _isWarned = true;
            log.LossNotFinite(
                $"{Describe(epoch.Progress.Epoch, validation)}: look at the data of that node first, then use a smaller --lr; early stopping leaves such epochs out");
        }
    }

    private static string Describe(int epoch, Validation validation) =>
        $"the validation loss is {validation.Loss} after epoch {epoch}, by samples of node {validation.NonFiniteNode}";

    private static string OfRows(int rows, int all) => rows > 0 ? $" ({rows} of {all} samples)" : string.Empty;

    private static string Describe(SampleTensors test) => test.FindLargest() is { } largest
        ? FormattableString.Invariant($"the test set's largest value is {largest.Value:G4}, in sample {largest.Sample}")
        : "the test set";

    private void RequireTest(SampleTensors samples, int epoch, Evaluation evaluation)
    {
        if (double.IsFinite(evaluation.Loss))
        {
            return;
        }

        string what = $"the test loss is {evaluation.Loss} after epoch {epoch}{OfRows(evaluation.NonFiniteRows, samples.Count)}";
        if (isAllowed)
        {
            log.LossNotFinite(what);
            return;
        }

        throw new DivergedException(
            $"{what}: look at the data first: {Describe(samples)}; {Advice}",
            evaluation.NonFiniteRows == samples.Count ? GoOnFrom.EarlierCheckpoint : GoOnFrom.LastCheckpoint);
    }
}
