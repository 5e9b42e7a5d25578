using System.Runtime.InteropServices;
using TraversalLearning.Data.Tables;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>A model's predictions for samples with numeric labels.</summary>
/// <param name="count">Number of samples.</param>
/// <param name="width">Values per sample.</param>
/// <param name="scaling">The standardisation of the labels, if any; predictions and labels here are in original
/// units.</param>
internal sealed class ValueScores(int count, int width, NumberScaling? scaling) : Scores(count)
{
    private readonly double[] _predicted = new double[checked(count * width)];
    private readonly double[] _labels = new double[checked(count * width)];

    /// <summary>Values per sample, <c>k</c>.</summary>
    public int Width => width;

    /// <summary>Predicted values: <c>[n, k]</c>, row by row.</summary>
    public ReadOnlySpan<double> Predicted => _predicted;

    /// <summary>True values: <c>[n, k]</c>, in the precision of the model's element type.</summary>
    public ReadOnlySpan<double> Labels => _labels;

    /// <inheritdoc/>
    public override Evaluation Evaluate() => new(LossSum / Count, Accuracy: null)
    {
        Rmse = Metrics.Rmse(Predicted, Labels),
        Mae = Metrics.Mae(Predicted, Labels),
        R2 = Metrics.R2(Predicted, Labels, width),
        NonFiniteRows = NonFiniteRows,
    };

    /// <inheritdoc/>
    protected override void Set(int start, ReadOnlySpan<double> outputs, Tensor? labels)
    {
        InOwnUnits(outputs, _predicted.AsSpan(start * width));
        for (int row = 0; row < outputs.Length; row += width)
        {
            NonFiniteRows += NonFinite.IndexOf(MemoryMarshal.AsBytes(outputs.Slice(row, width)), ElementType.Float64) >= 0 ? 1 : 0;
        }

        if (labels is null)
        {
            return;
        }

        using Tensor wide = labels.to(ScalarType.Float64);
        InOwnUnits(MemoryMarshal.Cast<byte, double>(wide.bytes), _labels.AsSpan(start * width));
    }

    private void InOwnUnits(ReadOnlySpan<double> standardised, Span<double> numbers)
    {
        for (int i = 0; i < standardised.Length; i++)
        {
            numbers[i] = scaling is null ? standardised[i] : (standardised[i] * scaling.Std) + scaling.Mean;
        }
    }
}
