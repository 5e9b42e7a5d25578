using System.Globalization;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>The learning curves of a comparison: a line for each algorithm, the mean of its repetitions, and a band of a standard deviation to both sides.</summary>
internal static class ComparisonCharts
{
    private const double Mega = 1e6;

    /// <summary>The main measure after every epoch.</summary>
    public static LineChart OverEpochs(ComparisonResults results) => new(
        $"{Title(results.Measures[0])} over epochs",
        Description(results, "epochs"),
        "epoch",
        results.Measures[0].Title,
        [.. results.Algorithms.Select(a => new LineSeries(a.Algorithm.ToString(), Points(a, results.Measures[0])))])
    {
        IsCounted = true,
    };

    /// <summary>The main measure over what was sent and received for it, on a logarithmic axis; what costs no bytes is a line across.</summary>
    public static LineChart OverBytes(ComparisonResults results)
    {
        ILookup<bool, (int Style, AlgorithmRuns Runs)> spends = results.Algorithms.Index().ToLookup(a => a.Item.Finished.Any(f => f.SentBytes > 0));
        Measure main = results.Measures[0];
        return new LineChart(
            $"{Title(main)} over bytes",
            Description(results, "megabytes sent and received"),
            "MB sent and received",
            main.Title,
            [.. spends[true].Select(a => new LineSeries(a.Runs.Algorithm.ToString(), Points(a.Runs, main, RunNumbers.Bytes)) { Style = a.Style })])
        {
            IsLogarithmic = true,
            XUnit = Mega,
            References =
            [
                .. from across in spends[false]
                   let last = across.Runs.Of(main)
                   where last is not null
                   select new LineReference($"{across.Runs.Algorithm}, last epoch", last.Value.Mean),
            ],
        };
    }

    private static IReadOnlyList<LinePoint> Points(AlgorithmRuns algorithm, Measure measure, string? across = null) =>
        CurvePoint.ToLine(CurvePoint.Of(algorithm.Finished.Select(f => f.Curve)), measure.Name, across);

    private static string Title(Measure measure) => $"Test {measure.Title}";

    private static string Description(ComparisonResults results, string over)
    {
        Measure main = results.Measures[0];
        IEnumerable<string> ends = results.Algorithms
            .Where(a => a.Of(main) is not null)
            .Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Algorithm} {a.Of(main)!.Value.Text(main.Format)}"));
        return $"{main.Title} on the test set over {over}; after the last epoch: {string.Join(", ", ends)}.";
    }
}
