using System.Runtime.InteropServices;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>A model's predictions for samples with class labels.</summary>
internal sealed class ClassScores : Scores
{
    /// <summary>Predicted class of a sample without valid probabilities.</summary>
    public const int NoClass = -1;

    private readonly int _outputs;
    private readonly OutputMeaning _meaning;
    private readonly double[] _probabilities;
    private readonly int[] _predicted;
    private readonly int[] _labels;

    /// <summary>Allocates the scores.</summary>
    /// <param name="count">Number of samples.</param>
    /// <param name="outputs">Number of model outputs; a single one is the logit of class 1 of two.</param>
    /// <param name="meaning">How outputs become probabilities.</param>
    public ClassScores(int count, int outputs, OutputMeaning meaning)
        : base(count)
    {
        _outputs = outputs;
        _meaning = meaning;
        Classes = meaning == OutputMeaning.YesOrNo ? Math.Max(outputs, 2) : outputs;
        _probabilities = new double[checked(count * Classes)];
        _predicted = new int[count];
        _labels = new int[count];
    }

    /// <summary>Number of classes, <c>C</c>.</summary>
    public int Classes { get; }

    /// <summary>Softmax of the logits, or the sigmoid of each: <c>[n, C]</c>, row by row.</summary>
    public ReadOnlySpan<double> Probabilities => _probabilities;

    /// <summary>The class of the largest logit: <c>[n]</c>; <see cref="NoClass"/> where a probability is NaN.</summary>
    public ReadOnlySpan<int> Predicted => _predicted;

    /// <summary>The true classes: <c>[n]</c>.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <inheritdoc/>
    public override Evaluation Evaluate() => new(
        LossSum / Count,
        Metrics.Accuracy(Predicted, Labels),
        Metrics.MacroF1(Predicted, Labels, Classes),
        Metrics.Auc(Probabilities, Labels, Classes))
    {
        NonFiniteRows = NonFiniteRows,
    };

    /// <inheritdoc/>
    protected override void Set(int start, ReadOnlySpan<double> outputs, Tensor? labels)
    {
        ReadOnlySpan<long> classes = labels is null ? [] : MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (int i = 0; i < outputs.Length / _outputs; i++)
        {
            ReadOnlySpan<double> row = outputs.Slice(i * _outputs, _outputs);
            Span<double> probabilities = _probabilities.AsSpan((start + i) * Classes, Classes);
            _labels[start + i] = labels is null ? 0 : (int)classes[i];
            if (_meaning == OutputMeaning.Classes)
            {
                Metrics.Softmax(row, probabilities);
            }
            else
            {
                Metrics.Sigmoid(row, probabilities);
            }

            _predicted[start + i] = HasNaN(probabilities) ? NoClass : row.Length < Classes ? (row[0] > 0 ? 1 : 0) : Metrics.ArgMax(row);
            NonFiniteRows += _predicted[start + i] == NoClass ? 1 : 0;
        }
    }

    private static bool HasNaN(ReadOnlySpan<double> probabilities)
    {
        foreach (double probability in probabilities)
        {
            if (double.IsNaN(probability))
            {
                return true;
            }
        }

        return false;
    }
}
