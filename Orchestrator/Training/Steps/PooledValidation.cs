using TraversalLearning.Data.Batches;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Validates the samples that nodes would hold out, in one process: node by node in the same order, so that sums round
/// identically.
/// </summary>
internal static class PooledValidation
{
    /// <summary>A validator for the model's current state at each call.</summary>
    public static Validator Of(ModelManager model, PooledSamples samples, HoldOut holdOut, int batchRows) =>
        (_, cancellationToken) => Task.FromResult<Validation?>(Validate(model, samples, holdOut, batchRows, cancellationToken));

    private static Validation Validate(ModelManager model, PooledSamples samples, HoldOut holdOut, int batchRows, CancellationToken cancellationToken)
    {
        var sum = new Validation { HasClasses = model.Setup.Loss.Outputs != OutputMeaning.Numbers };
        for (int node = 1; node <= holdOut.Validation.Length; node++)
        {
            int[] rows = samples.RowsOf(node, holdOut.Validation[node - 1]);
            if (rows.Length > 0)
            {
                (double lossSum, int hits) = model.Validate(samples.Tensors, rows, batchRows, cancellationToken);
                sum = sum.With(node, lossSum, hits, rows.Length);
            }
        }

        return sum;
    }
}
