using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Models;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>What a model says of labelled samples, as plain numbers.</summary>
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
    /// <param name="cancellationToken">Looked at between batches.</param>
    public static Scores Of(LayeredModel model, LossFunction loss, SampleTensors samples, int batchSize, CancellationToken cancellationToken)
    {
        int outputs = model.Description.ClassCount;
        Scores scores = loss.Outputs == OutputMeaning.Numbers
            ? new ValueScores(samples.Count, outputs)
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
                    scores.LossSum += loss.Sum(said, labels).ToDouble();
                    Tensor onHost = said.to(ScalarType.Float64).cpu().contiguous();
                    scores.Set(start, MemoryMarshal.Cast<byte, double>(onHost.bytes), labels.cpu().contiguous());
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
    /// <param name="labels">Contiguous, on the CPU.</param>
    protected abstract void Set(int start, ReadOnlySpan<double> outputs, Tensor labels);
}
