using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// An evaluation as integers that add up over nodes: rows, loss and hits; then, with classes, for each class the rows that
/// are rightly predicted as it, predicted as it, and of it; with numbers, the sum of |error| and, for each output, the sums
/// of error², of the label and of its square. Sums that are not counts are in units of 2^−32.
/// </summary>
public static class EvaluationFigures
{
    /// <summary>Index of the number of rows.</summary>
    public const int Rows = 0;

    /// <summary>Index of the sum of the loss.</summary>
    public const int Loss = 1;

    /// <summary>Index of the number of hits.</summary>
    public const int Hits = 2;

    /// <summary>Index of the first figure that depends on the loss function.</summary>
    public const int First = 3;

    /// <summary>Number of figures.</summary>
    public static int Count(LossFunction loss, ModelDescription model) =>
        First + (loss.Outputs == OutputMeaning.Numbers ? 1 + (3 * model.ClassCount) : 3 * ClassesOf(loss, model));

    /// <summary>Number of classes; a single output of a yes-or-no decision stands for two.</summary>
    public static int ClassesOf(LossFunction loss, ModelDescription model) =>
        loss.Outputs == OutputMeaning.YesOrNo ? Math.Max(model.ClassCount, 2) : model.ClassCount;

    /// <summary>Evaluates a model on rows, in evaluation mode and without gradients.</summary>
    /// <param name="model">The model; in training mode afterwards.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="samples">The samples that contain the rows.</param>
    /// <param name="indices">The rows.</param>
    /// <param name="first">Offset of the indices in the samples.</param>
    /// <param name="batchRows">Rows per forward pass.</param>
    /// <param name="nodes">Number of nodes whose figures are added.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    internal static long[] Of(
        LayeredModel model, LossFunction loss, SampleTensors samples, ReadOnlySpan<int> indices, int first, int batchRows, int nodes, CancellationToken cancellationToken)
    {
        var sums = new Sums(loss, model.Description);
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
                    sums.Add(model.call(inputs), labels);
                }
            }
        }
        finally
        {
            model.train();
        }

        return sums.ToFigures(nodes);
    }

    private sealed class Sums(LossFunction loss, ModelDescription model)
    {
        private readonly int _classes = ClassesOf(loss, model);
        private readonly bool _numbers = loss.Outputs == OutputMeaning.Numbers;
        private readonly long[] _counts = new long[Count(loss, model)];
        private readonly double[] _sums = new double[Count(loss, model)];

        public void Add(Tensor outputs, Tensor labels)
        {
            _sums[Loss] += loss.Sum(outputs, labels).ToDouble();
            _counts[Hits] += loss.Hits(outputs, labels);
            ReadOnlySpan<double> said = MemoryMarshal.Cast<byte, double>(outputs.to(ScalarType.Float64).cpu().contiguous().bytes);
            int width = (int)outputs.shape[1];
            _counts[Rows] += said.Length / width;
            if (_numbers)
            {
                AddNumbers(said, MemoryMarshal.Cast<byte, double>(labels.to(ScalarType.Float64).cpu().contiguous().bytes), width);
            }
            else
            {
                AddClasses(said, MemoryMarshal.Cast<byte, long>(labels.cpu().contiguous().bytes), width);
            }
        }

        public long[] ToFigures(int nodes)
        {
            _counts[Loss] = FixedPoint.Units(_sums[Loss], "the loss", nodes);
            for (int i = First; i < _counts.Length && _numbers; i++)
            {
                _counts[i] = FixedPoint.Units(_sums[i], "a sum of the evaluation", nodes);
            }

            return _counts;
        }

        private void AddClasses(ReadOnlySpan<double> outputs, ReadOnlySpan<long> labels, int width)
        {
            Span<long> right = _counts.AsSpan(First, _classes);
            Span<long> predicted = _counts.AsSpan(First + _classes, _classes);
            Span<long> actual = _counts.AsSpan(First + (2 * _classes), _classes);
            for (int i = 0; i < labels.Length; i++)
            {
                ReadOnlySpan<double> row = outputs.Slice(i * width, width);
                int said = width < _classes ? (row[0] > 0 ? 1 : 0) : LargestOf(row);
                predicted[said]++;
                actual[(int)labels[i]]++;
                right[said] += said == labels[i] ? 1 : 0;
            }
        }

        private static int LargestOf(ReadOnlySpan<double> row)
        {
            int best = 0;
            for (int i = 1; i < row.Length; i++)
            {
                best = row[i] > row[best] ? i : best;
            }

            return best;
        }

        private void AddNumbers(ReadOnlySpan<double> outputs, ReadOnlySpan<double> labels, int width)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                double error = outputs[i] - labels[i];
                int column = First + 1 + (3 * (i % width));
                _sums[First] += Math.Abs(error);
                _sums[column] += error * error;
                _sums[column + 1] += labels[i];
                _sums[column + 2] += labels[i] * labels[i];
            }
        }
    }
}
