using TraversalLearning.Orchestration.Experiments;
using TraversalLearning.Orchestration.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Where the runs of a group stood after an epoch, by the columns of <c>results.csv</c>.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Numbers">Over the runs that have come so far.</param>
internal sealed record GroupPoint(int Epoch, IReadOnlyDictionary<string, Statistic> Numbers);

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
        Numbers = Over(Done.Select(r => r.Numbers));

        // Of a group without a run that is done the curves say how far its runs have come.
        IEnumerable<ReportedRun> drawn = Done.Count > 0 ? Done : runs;
        Curve = [.. from run in drawn
                    from point in run.Curve
                    group point by point.Epoch into epoch
                    orderby epoch.Key
                    select new GroupPoint(epoch.Key, Over(epoch.Select(RunNumbers.Of)))];
    }

    /// <summary>What sets it apart from the other groups.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>The same in a few words.</summary>
    public string Label { get; }

    /// <summary>All of its runs.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>Those that means are taken of.</summary>
    public IReadOnlyList<ReportedRun> Done { get; }

    /// <summary>Means and deviations, by the columns of <c>results.csv</c>.</summary>
    public IReadOnlyDictionary<string, Statistic> Numbers { get; }

    /// <summary>The same after every epoch.</summary>
    public IReadOnlyList<GroupPoint> Curve { get; }

    /// <summary>A mean and a deviation; <see langword="null"/> if no run has that number.</summary>
    public Statistic? Of(string column) => Numbers.TryGetValue(column, out Statistic statistic) ? statistic : null;

    private static IReadOnlyDictionary<string, Statistic> Over(IEnumerable<IReadOnlyDictionary<string, double>> rows) => rows
        .SelectMany(static row => row)
        .GroupBy(static number => number.Key, static number => number.Value, StringComparer.Ordinal)
        .ToDictionary(static column => column.Key, static column => Statistic.Of(column)!.Value, StringComparer.Ordinal);
}
