using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>Evaluation of a model on rows, as sums. The same rows round the same way on a node and in one process.</summary>
/// <param name="LossSum">Sum of the loss.</param>
/// <param name="Hits">Rows whose predicted class is right.</param>
public sealed record RowValidation(double LossSum, int Hits)
{
    /// <summary>Evaluates a model, in evaluation mode and without gradients.</summary>
    /// <param name="model">The model, on the samples' device; left in training mode.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="samples">The samples that contain the rows.</param>
    /// <param name="indices">The rows, in this order.</param>
    /// <param name="first">Offset of the indices in the samples.</param>
    /// <param name="batchRows">Rows per batch.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    public static RowValidation Of(
        LayeredModel model, LossFunction loss, SampleTensors samples, ReadOnlySpan<int> indices, int first, int batchRows, CancellationToken cancellationToken)
    {
        double lossSum = 0;
        int hits = 0;
        model.eval();
        try
        {
            for (; indices.Length > 0; indices = indices[Math.Min(batchRows, indices.Length)..])
            {
                cancellationToken.ThrowIfCancellationRequested();
                using (NewDisposeScope())
                using (no_grad())
                {
                    (Tensor inputs, Tensor labels) = samples.Gather(indices[..Math.Min(batchRows, indices.Length)], first);
                    Tensor outputs = model.call(inputs);
                    lossSum += loss.Sum(outputs, labels).ToDouble();
                    hits += loss.Hits(outputs, labels);
                }
            }
        }
        finally
        {
            model.train();
        }

        return new RowValidation(lossSum, hits);
    }
}
