using TraversalLearning.Data.Tables;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>
/// The metrics of an evaluation that nodes have added up (<see cref="EvaluationFigures"/>). The AUC is not among them: it
/// depends on the order of single scores.
/// </summary>
internal static class SummedScores
{
    /// <summary>Computes the metrics.</summary>
    /// <param name="figures">The sums.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="model">The model.</param>
    /// <param name="scaling">The standardisation of numeric labels, if any.</param>
    public static Evaluation Evaluate(ReadOnlySpan<long> figures, LossFunction loss, ModelDescription model, NumberScaling? scaling)
    {
        double rows = figures[EvaluationFigures.Rows];
        double mean = FixedPoint.Value(figures[EvaluationFigures.Loss]) / rows;
        if (loss.Outputs == OutputMeaning.Numbers)
        {
            return OfNumbers(figures, rows, mean, model.ClassCount, scaling);
        }

        int classes = EvaluationFigures.ClassesOf(loss, model);
        ReadOnlySpan<long> right = figures.Slice(EvaluationFigures.First, classes);
        ReadOnlySpan<long> predicted = figures.Slice(EvaluationFigures.First + classes, classes);
        ReadOnlySpan<long> actual = figures.Slice(EvaluationFigures.First + (2 * classes), classes);
        long[] rowsOf = new long[classes];
        for (int c = 0; c < classes; c++)
        {
            rowsOf[c] = predicted[c] + actual[c];
        }

        return new Evaluation(mean, Sum(right) / rows, Metrics.MacroF1(right, rowsOf));
    }

    private static long Sum(ReadOnlySpan<long> values)
    {
        long sum = 0;
        foreach (long value in values)
        {
            sum += value;
        }

        return sum;
    }

    private static Evaluation OfNumbers(ReadOnlySpan<long> figures, double rows, double mean, int width, NumberScaling? scaling)
    {
        double unit = scaling?.Std ?? 1;
        double squared = 0;
        double explained = 0;
        for (int i = 0; i < width; i++)
        {
            ReadOnlySpan<long> column = figures.Slice(EvaluationFigures.First + 1 + (3 * i), 3);
            double error = FixedPoint.Value(column[0]) / rows;
            double label = FixedPoint.Value(column[1]) / rows;
            double variance = (FixedPoint.Value(column[2]) / rows) - (label * label);
            squared += error / width;
            explained += (variance > 0 ? 1 - (error / variance) : double.NaN) / width;
        }

        return new Evaluation(mean, Accuracy: null)
        {
            Rmse = Math.Sqrt(squared) * unit,
            Mae = FixedPoint.Value(figures[EvaluationFigures.First]) / (rows * width) * unit,
            R2 = double.IsNaN(explained) ? null : explained,
        };
    }
}
