using TraversalLearning.Models;
using TraversalLearning.Orchestration.Scheduling;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// What becomes of a run whose loss behind an epoch is NaN or infinite. That of the test set ends it, with its checkpoint, or is warned of where it is allowed; that of
/// validation is warned of.
/// </summary>
/// <param name="test">What the model is evaluated on.</param>
/// <param name="learningRate">What is advised to be made smaller.</param>
/// <param name="isAllowed">Whether the run goes on.</param>
/// <param name="log">Told of it then.</param>
internal sealed class FiniteLoss(SampleTensors test, double learningRate, bool isAllowed, OrchestratorLog log)
{
    private bool _isWarned;

    /// <summary>Looks at the evaluation of an epoch.</summary>
    /// <exception cref="DivergedException">Its loss is not finite, and that is not allowed.</exception>
    public void Require(int epoch, Evaluation evaluation)
    {
        if (double.IsFinite(evaluation.Loss))
        {
            return;
        }

        string what = $"the test loss is {evaluation.Loss} after epoch {epoch}{OfRows(evaluation.NonFiniteRows)}";
        if (isAllowed)
        {
            log.LossNotFinite(what);
            return;
        }

        throw new DivergedException(
            $"{what}: look at the data first: {DescribeTest()}; then use a smaller --lr (now {learningRate}) or --clip_grad_norm; --allow_nonfinite goes on",
            evaluation.NonFiniteRows == test.Count ? GoOnFrom.EarlierCheckpoint : GoOnFrom.LastCheckpoint);
    }

    /// <summary>Looks at the validation of an epoch: warns of the first one whose loss is not finite, and ends nothing.</summary>
    public void Look(int epoch, Validation validation)
    {
        if (!_isWarned && !double.IsFinite(validation.Loss))
        {
            _isWarned = true;
            log.LossNotFinite(
                $"the validation loss is {validation.Loss} after epoch {epoch}, by samples of node {validation.NonFiniteNode}: look at the data of that node first, then use a smaller --lr;"
                + " early stopping leaves such epochs out");
        }
    }

    private string OfRows(int rows) => rows > 0 ? $" ({rows} of {test.Count} samples)" : string.Empty;

    private string DescribeTest() => test.FindLargest() is { } largest
        ? FormattableString.Invariant($"the test set's largest value is {largest.Value:G4}, in sample {largest.Sample}")
        : "the test set";
}
