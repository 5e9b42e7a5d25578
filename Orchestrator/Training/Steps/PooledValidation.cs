using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>The samples that nodes would keep out, validated in one process: node by node in the same order, so that the sums round as theirs do.</summary>
internal static class PooledValidation
{
    /// <summary>Validates a model as it is when it is asked.</summary>
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
