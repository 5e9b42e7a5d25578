using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>How a model does on rows, in sums: on a node over its own samples, in one process over the same, with the same rounding.</summary>
/// <param name="LossSum">Sum of the loss.</param>
/// <param name="Hits">Rows whose class is right.</param>
public sealed record RowValidation(double LossSum, int Hits)
{
    /// <summary>Runs a model forward in evaluation mode and without gradients.</summary>
    /// <param name="model">On the device of the samples; in training mode afterwards.</param>
    /// <param name="loss">What outputs are worth.</param>
    /// <param name="samples">Hold the rows.</param>
    /// <param name="indices">Which rows, in this order.</param>
    /// <param name="first">Where those begin that the indices count.</param>
    /// <param name="batchRows">Rows at once.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
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
