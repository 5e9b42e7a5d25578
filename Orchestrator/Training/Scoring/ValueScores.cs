using System.Runtime.InteropServices;
using TraversalLearning.Data.Tables;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>What a model says of samples whose labels are numbers.</summary>
/// <param name="count">Of so many samples.</param>
/// <param name="width">So many numbers each.</param>
/// <param name="scaling">How they were standardised, if they were: what is said here is in their own units.</param>
internal sealed class ValueScores(int count, int width, NumberScaling? scaling) : Scores(count)
{
    private readonly double[] _predicted = new double[checked(count * width)];
    private readonly double[] _labels = new double[checked(count * width)];

    /// <summary>Numbers of a sample, <c>k</c>.</summary>
    public int Width => width;

    /// <summary>What the model says: <c>[n, k]</c>, row by row.</summary>
    public ReadOnlySpan<double> Predicted => _predicted;

    /// <summary>What is right: <c>[n, k]</c>, as the model's element type has it.</summary>
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
