using System.Globalization;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>The tables of a comparison, for people.</summary>
internal static class ComparisonTables
{
    private const string Signed = "+0.0000;-0.0000;0.0000";

    /// <summary>Every algorithm after all epochs; with centralized training among them, how far from it the others are.</summary>
    public static Table AtEqualEpochs(ComparisonResults results)
    {
        var table = new Table(
        [
            "algorithm", "runs", .. results.Measures.Select(m => m.Title), "MB", "seconds", "rounds",
            .. results.HasCentralized ? [$"Δ {results.Measures[0].Title}", "parameters differ by", "as centralized"] : Array.Empty<string>(),
        ]);
        foreach (AlgorithmRuns algorithm in results.Algorithms)
        {
            table.Add(
            [
                algorithm.Algorithm.ToString(),
                Runs(algorithm),
                .. results.Measures.Select(m => Text(algorithm.Of(m), m.Format)),
                Text(Scaled(algorithm.Bytes, 1e-6), "0.0"),
                Text(algorithm.Seconds, "0.0"),
                Text(algorithm.Steps?.Whole, "0"),
                .. results.HasCentralized ? AgainstCentralized(algorithm) : [],
            ]);
        }

        return table;
    }

    /// <summary>Every algorithm when it has spent so many bytes at most; <see langword="null"/> if none spends any.</summary>
    public static Table? AtEqualBytes(ComparisonResults results)
    {
        if (results.EqualBytes is not { } bytes)
        {
            return null;
        }

        var table = new Table(["algorithm", .. results.Measures.Select(m => m.Title), "epochs", "MB spent"]);
        foreach (AlgorithmRuns algorithm in results.Algorithms)
        {
            IReadOnlyList<EpochPoint>? points = algorithm.At(bytes);
            table.Add(
            [
                algorithm.Algorithm.ToString(),
                .. results.Measures.Select(m => Text(MeasureAt(points, m), m.Format)),
                Text(Statistic.Of(points?.Select(p => (double)p.Epoch) ?? [])?.Whole, "0.0"),
                Text(Scaled(Statistic.Of(points?.Select(p => (double)p.Bytes) ?? []), 1e-6), "0.0"),
            ]);
        }

        return table;
    }

    /// <summary>A measure at some points, where all have it.</summary>
    public static Statistic? MeasureAt(IReadOnlyList<EpochPoint>? points, Measure measure) =>
        points is not null && points.All(p => p.Measures.ContainsKey(measure.Name)) ? Statistic.Of(points.Select(p => p.Measures[measure.Name])) : null;

    private static string Runs(AlgorithmRuns algorithm)
    {
        int finished = algorithm.Finished.Count();
        return finished == algorithm.Runs.Count
            ? finished.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{finished} of {algorithm.Runs.Count}");
    }

    private static string[] AgainstCentralized(AlgorithmRuns algorithm) => algorithm switch
    {
        _ when algorithm.Algorithm == Algorithm.Centralized => [Table.Nothing, Table.Nothing, "itself"],
        { ParameterDifference: { } difference } =>
        [
            Text(algorithm.MeasureDifference, Signed),
            difference.ToString("0.0e+00", CultureInfo.InvariantCulture),
            CentralizedEquality.Holds(algorithm) switch { true => "equal", false => "no", null => "?" },
        ],
        _ => [Table.Nothing, Table.Nothing, Table.Nothing],
    };

    private static Statistic? Scaled(Statistic? statistic, double factor) =>
        statistic is { } s ? s with { Mean = s.Mean * factor, Deviation = s.Deviation * factor } : null;

    private static string Text(Statistic? statistic, string format) => statistic?.Text(format) ?? Table.Nothing;
}
