using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Orchestration.Training;

/// <summary>What a model says of labelled samples, as plain numbers.</summary>
internal sealed class ClassScores
{
    private readonly double[] _probabilities;
    private readonly int[] _predicted;
    private readonly int[] _labels;

    private ClassScores(int count, int classes)
    {
        Classes = classes;
        _probabilities = new double[checked(count * classes)];
        _predicted = new int[count];
        _labels = new int[count];
    }

    /// <summary>Number of samples, <c>n</c>.</summary>
    public int Count => _labels.Length;

    /// <summary>Number of classes, <c>C</c>.</summary>
    public int Classes { get; }

    /// <summary>Sum of the cross-entropy over all samples.</summary>
    public double LossSum { get; private set; }

    /// <summary>Softmax of the logits: <c>[n, C]</c>, row by row.</summary>
    public ReadOnlySpan<double> Probabilities => _probabilities;

    /// <summary>The class of the largest logit: <c>[n]</c>.</summary>
    public ReadOnlySpan<int> Predicted => _predicted;

    /// <summary>The true classes: <c>[n]</c>.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Runs a model forward over samples, in evaluation mode and without gradients.</summary>
    /// <param name="model">On the device of the samples; in training mode afterwards.</param>
    /// <param name="samples">In the element type of the model's parameters.</param>
    /// <param name="batchSize">Rows at once.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    public static ClassScores Of(LayeredModel model, SampleTensors samples, int batchSize, CancellationToken cancellationToken)
    {
        var scores = new ClassScores(samples.Count, model.Description.ClassCount);
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
                    Tensor logits = model.call(inputs);
                    scores.LossSum += F.cross_entropy(logits, labels, reduction: nn.Reduction.Sum).ToDouble();
                    scores.Set(start, logits.to(ScalarType.Float64).cpu().contiguous(), labels.cpu().contiguous());
                }
            }
        }
        finally
        {
            model.train();
        }

        return scores;
    }

    private void Set(int start, Tensor logits, Tensor labels)
    {
        ReadOnlySpan<double> rows = MemoryMarshal.Cast<byte, double>(logits.bytes);
        ReadOnlySpan<long> classes = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (int i = 0; i < classes.Length; i++)
        {
            ReadOnlySpan<double> row = rows.Slice(i * Classes, Classes);
            _labels[start + i] = (int)classes[i];
            _predicted[start + i] = Metrics.ArgMax(row);
            Metrics.Softmax(row, _probabilities.AsSpan((start + i) * Classes, Classes));
        }
    }
}
