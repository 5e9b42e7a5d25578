using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Repetitions of the same settings. Failed and halved runs are listed, but excluded from the means.</summary>
internal sealed class RunGroup
{
    /// <summary>Averages over runs.</summary>
    /// <param name="settings">The settings that distinguish it from other groups.</param>
    /// <param name="label">A short form of them.</param>
    /// <param name="runs">One per repetition.</param>
    public RunGroup(IReadOnlyDictionary<string, string> settings, string label, IReadOnlyList<ReportedRun> runs)
    {
        Settings = settings;
        Label = label;
        Runs = runs;
        Done = [.. runs.Where(r => r.State == StudyRunState.Done)];
        Numbers = CurvePoint.Over(Done.Select(r => r.Numbers));

        // A group without a completed run shows its runs' curves so far.
        Curve = CurvePoint.Of((Done.Count > 0 ? Done : runs).Select(r => r.Curve));
    }

    /// <summary>The settings that distinguish it from other groups.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>A short form of the settings.</summary>
    public string Label { get; }

    /// <summary>All of its runs.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>The runs included in the means.</summary>
    public IReadOnlyList<ReportedRun> Done { get; }

    /// <summary>The distinct reasons why its runs stopped, or have not completed.</summary>
    public string StoppedBy => string.Join("; ", Runs.Select(Stop).Distinct(StringComparer.Ordinal));

    /// <summary>Means and deviations, by the columns of <c>results.csv</c>.</summary>
    public IReadOnlyDictionary<string, Statistic> Numbers { get; }

    /// <summary>The largest difference of a model from that of centralized training.</summary>
    public double? ParameterDifference => Done.Max(r => r.FromCentralized.TryGetValue(RunNumbers.ParameterDifference, out double difference) ? difference : (double?)null);

    /// <summary>Means and deviations by epoch.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; }

    /// <summary>
    /// Means and deviations at a budget of bytes; <see langword="null"/> if a run exceeds it in its first epoch.
    /// </summary>
    public IReadOnlyDictionary<string, Statistic>? At(long bytes)
    {
        EpochPoint?[] points = [.. Done.Select(r => ByteBudget.At(r.Curve, bytes))];
        return points.Length == 0 || points.Contains(null) ? null : CurvePoint.Over(points.Select(p => RunNumbers.SoFar([p!])));
    }

    /// <summary>A mean and deviation; <see langword="null"/> if no run has that number.</summary>
    public Statistic? Of(string column) => Numbers.TryGetValue(column, out Statistic statistic) ? statistic : null;

    private static string Stop(ReportedRun run) => run.State switch
    {
        StudyRunState.Failed => $"failed: {run.StoppedBy}",
        StudyRunState.Queued or StudyRunState.Running => run.State.ToWord(),
        _ => run.StoppedBy,
    };
}
