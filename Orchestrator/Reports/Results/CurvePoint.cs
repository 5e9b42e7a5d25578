using TraversalLearning.Charts;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>Mean results of runs after an epoch, by the columns of <see cref="RunNumbers"/>.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Numbers">Over the runs that reached this epoch and have that number.</param>
internal sealed record CurvePoint(int Epoch, IReadOnlyDictionary<string, Statistic> Numbers)
{
    /// <summary>Averages over runs.</summary>
    /// <param name="curves">The epochs of each.</param>
    public static IReadOnlyList<CurvePoint> Of(IEnumerable<IReadOnlyList<EpochPoint>> curves) =>
    [
        .. from curve in curves
           from point in curve
           group point by point.Epoch into epoch
           orderby epoch.Key
           select new CurvePoint(epoch.Key, Over(epoch.Select(RunNumbers.Of))),
    ];

    /// <summary>Means and deviations of each number, over the rows that have it.</summary>
    public static IReadOnlyDictionary<string, Statistic> Over(IEnumerable<IReadOnlyDictionary<string, double>> rows) => rows
        .SelectMany(static row => row)
        .GroupBy(static number => number.Key, static number => number.Value, StringComparer.Ordinal)
        .ToDictionary(static column => column.Key, static column => Statistic.Of(column)!.Value, StringComparer.Ordinal);

    /// <summary>The points of a line with a band of one standard deviation.</summary>
    /// <param name="curve">Points without that number are left out.</param>
    /// <param name="column">The vertical axis.</param>
    /// <param name="across">The horizontal axis; <see langword="null"/> for epochs.</param>
    public static IReadOnlyList<LinePoint> ToLine(IReadOnlyList<CurvePoint> curve, string column, string? across = null) =>
    [
        .. from point in curve
           where point.Numbers.ContainsKey(column) && (across is null || point.Numbers.ContainsKey(across))
           let y = point.Numbers[column]
           let deviation = y.Deviation ?? 0
           select new LinePoint(across is null ? point.Epoch : point.Numbers[across].Mean, y.Mean, y.Mean - deviation, y.Mean + deviation),
    ];
}
