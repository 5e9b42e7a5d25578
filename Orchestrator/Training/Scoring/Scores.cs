using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>
/// A model's predictions for samples, as plain numbers. Without labels there are predictions but no metrics.
/// </summary>
internal abstract class Scores(int count)
{
    /// <summary>Number of samples, <c>n</c>.</summary>
    public int Count { get; } = count;

    /// <summary>Sum of the loss over all samples.</summary>
    public double LossSum { get; private set; }

    /// <summary>Number of samples with a non-finite prediction.</summary>
    public int NonFiniteRows { get; protected set; }

    /// <summary>Runs a forward pass over samples, in evaluation mode and without gradients.</summary>
    /// <param name="model">On the device of the samples; in training mode afterwards.</param>
    /// <param name="loss">Defines the meaning of the outputs, and their loss.</param>
    /// <param name="samples">In the element type of the model's parameters.</param>
    /// <param name="batchSize">Rows per forward pass.</param>
    /// <param name="preparation">The preparation of samples from tables, if any.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    public static Scores Of(
        LayeredModel model, LossFunction loss, SampleTensors samples, int batchSize, Preparation? preparation, CancellationToken cancellationToken)
    {
        int outputs = model.Description.ClassCount;
        Scores scores = loss.Outputs == OutputMeaning.Numbers
            ? new ValueScores(samples.Count, outputs, preparation?.Target)
            : new ClassScores(samples.Count, outputs, loss.Outputs);
        model.eval();
        try
        {
            for (int start = 0; start < samples.Count; start += batchSize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using (NewDisposeScope())
                using (no_grad())
                {
                    (Tensor inputs, Tensor labels) = samples.Range(start, Math.Min(batchSize, samples.Count - start));
                    Tensor said = model.call(inputs);
                    scores.LossSum += samples.IsLabelled ? loss.Sum(said, labels).ToDouble() : double.NaN;
                    Tensor onHost = said.to(ScalarType.Float64).cpu().contiguous();
                    scores.Set(start, MemoryMarshal.Cast<byte, double>(onHost.bytes), samples.IsLabelled ? labels.cpu().contiguous() : null);
                }
            }
        }
        finally
        {
            model.train();
        }

        return scores;
    }

    /// <summary>Computes the metrics.</summary>
    public abstract Evaluation Evaluate();

    /// <summary>Stores the predictions of some rows.</summary>
    /// <param name="start">Index of the first row.</param>
    /// <param name="outputs">The model's outputs: <c>[m, C]</c>.</param>
    /// <param name="labels">Contiguous, on the CPU; <see langword="null"/> without labels.</param>
    protected abstract void Set(int start, ReadOnlySpan<double> outputs, Tensor? labels);
}
