using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The repetitions of the same settings. Runs that failed or were halved stand in it, but not in its means.</summary>
internal sealed class RunGroup
{
    /// <summary>Takes means of runs.</summary>
    /// <param name="settings">What sets it apart from the other groups.</param>
    /// <param name="label">The same in a few words.</param>
    /// <param name="runs">One for each repetition.</param>
    public RunGroup(IReadOnlyDictionary<string, string> settings, string label, IReadOnlyList<ReportedRun> runs)
    {
        Settings = settings;
        Label = label;
        Runs = runs;
        Done = [.. runs.Where(r => r.State == StudyRunState.Done)];
        Numbers = CurvePoint.Over(Done.Select(r => r.Numbers));

        // Of a group without a run that is done the curves say how far its runs have come.
        Curve = CurvePoint.Of((Done.Count > 0 ? Done : runs).Select(r => r.Curve));
    }

    /// <summary>What sets it apart from the other groups.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The same in a few words.</summary>
    public string Label { get; }

    /// <summary>All of its runs.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>Those that means are taken of.</summary>
    public IReadOnlyList<ReportedRun> Done { get; }

    /// <summary>What stopped its runs, or keeps them: each reason once.</summary>
    public string StoppedBy => string.Join("; ", Runs.Select(Stop).Distinct(StringComparer.Ordinal));

    /// <summary>Means and deviations, by the columns of <c>results.csv</c>.</summary>
    public IReadOnlyDictionary<string, Statistic> Numbers { get; }

    /// <summary>The largest distance of a model from that of centralized training.</summary>
    public double? ParameterDifference => Done.Max(r => r.FromCentralized.TryGetValue(RunNumbers.ParameterDifference, out double difference) ? difference : (double?)null);

    /// <summary>The same after every epoch.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; }

    /// <summary>The same where each run had spent so many bytes at most; <see langword="null"/> if one had not ended its first epoch by then.</summary>
    public IReadOnlyDictionary<string, Statistic>? At(long bytes)
    {
        EpochPoint?[] points = [.. Done.Select(r => ByteBudget.At(r.Curve, bytes))];
        return points.Length == 0 || points.Contains(null) ? null : CurvePoint.Over(points.Select(p => RunNumbers.SoFar([p!])));
    }

    /// <summary>A mean and a deviation; <see langword="null"/> if no run has that number.</summary>
    public Statistic? Of(string column) => Numbers.TryGetValue(column, out Statistic statistic) ? statistic : null;

    private static string Stop(ReportedRun run) => run.State switch
    {
        StudyRunState.Failed => $"failed: {run.StoppedBy}",
        StudyRunState.Queued or StudyRunState.Running => run.State.ToWord(),
        _ => run.StoppedBy,
    };
}
