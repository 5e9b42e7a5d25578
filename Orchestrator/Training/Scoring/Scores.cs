using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>What a model says of samples, as plain numbers. Of samples without labels it is known what the model says, and not what that is worth.</summary>
internal abstract class Scores(int count)
{
    /// <summary>Number of samples, <c>n</c>.</summary>
    public int Count { get; } = count;

    /// <summary>Sum of the loss over all samples.</summary>
    public double LossSum { get; private set; }

    /// <summary>Samples of which the model says something that is no number.</summary>
    public int NonFiniteRows { get; protected set; }

    /// <summary>Runs a model forward over samples, in evaluation mode and without gradients.</summary>
    /// <param name="model">On the device of the samples; in training mode afterwards.</param>
    /// <param name="loss">What its outputs stand for, and what they are worth.</param>
    /// <param name="samples">In the element type of the model's parameters.</param>
    /// <param name="batchSize">Rows at once.</param>
    /// <param name="preparation">How the samples were prepared, if they were rows of tables.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
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

    /// <summary>What they are worth.</summary>
    public abstract Evaluation Evaluate();

    /// <summary>Takes some rows.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="outputs">What the model says: <c>[m, C]</c>.</param>
    /// <param name="labels">Contiguous, on the CPU; <see langword="null"/> where there are none.</param>
    protected abstract void Set(int start, ReadOnlySpan<double> outputs, Tensor? labels);
}
