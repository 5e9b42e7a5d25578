using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// Handles a NaN or infinite loss after an epoch. A non-finite test loss ends the run at its checkpoint, or logs a
/// warning where that is allowed. A non-finite validation loss logs a warning; without a test set it is treated as the
/// test loss.
/// </summary>
/// <param name="test">The test set; <see langword="null"/> if there is none.</param>
/// <param name="learningRate">Quoted in the advice to lower it.</param>
/// <param name="isAllowed">Whether the run continues.</param>
/// <param name="log">Receives the warnings.</param>
internal sealed class FiniteLoss(SampleTensors? test, double learningRate, bool isAllowed, OrchestratorLog log)
{
    private bool _isWarned;

    private string Advice => $"then use a smaller --lr (now {learningRate}) or --clip_grad_norm; --allow_nonfinite goes on";

    /// <summary>Checks the loss by which an epoch's model is judged.</summary>
    /// <exception cref="DivergedException">The loss is not finite, and that is not allowed.</exception>
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

    /// <summary>Checks an epoch's validation loss: warns of the first non-finite one and never ends the run.</summary>
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
