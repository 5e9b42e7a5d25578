using System.Collections.ObjectModel;
using System.Xml.Linq;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The tables of a report's results.</summary>
internal static class ReportTables
{
    private const double Mega = 1e6;
    private const int ShownOfHash = 12;
    private const string Signed = "+0.0000;-0.0000;0.0000";

    private static readonly (string Column, string Title, string Format, double Unit)[] OfEpoch =
    [
        ("train_loss", "training loss", "0.0000", 1), ("train_accuracy", "training accuracy", "0.0000", 1), ("validation_loss", "validation loss", "0.0000", 1),
        ("validation_accuracy", "validation accuracy", "0.0000", 1), ("lr", "learning rate", "G4", 1), (RunNumbers.Bytes, "MB so far", "0.0", Mega), ("seconds", "seconds", "0.0", 1),
    ];

    /// <summary>
    /// All groups: settings, means on the test set, and the difference from centralized training if that is among them.
    /// </summary>
    /// <param name="report">The report.</param>
    /// <param name="withStops">Whether to include what stopped the runs.</param>
    public static XElement Groups(Report report, bool withStops = true) => Html.Grid(
        "Results by settings",
        [
            .. FirstColumns(report), "runs", .. report.Measures.Select(m => m.Title), "MB", "seconds", "rounds",
            .. report.HasCentralized ? [$"Δ {MainMeasure(report).Title}", "parameters differ by", "as centralized"] : Array.Empty<string>(),
            .. withStops ? ["stopped by"] : Array.Empty<string>(),
        ],
        report.Groups.Select(g => (IReadOnlyList<object?>)
        [
            .. FirstCells(report, g.Study, g.Group),
            Count(g.Group),
            .. report.Measures.Select(m => Html.Mean(g.Group.Of(m.Name), m.Format)),
            Html.Mean(g.Group.Of(RunNumbers.Bytes), "0.0", Mega),
            Html.Mean(g.Group.Of("seconds"), "0.0"),
            Html.Mean(g.Group.Of("steps")?.Whole, "0"),
            .. report.HasCentralized ? AgainstCentralized(g.Group) : [],
            .. withStops ? [g.Group.StoppedBy] : Array.Empty<object>(),
        ]),
        sortable: true);

    /// <summary>All groups at a budget of bytes; <see langword="null"/> if no run has traffic.</summary>
    public static XElement? AtEqualBytes(Report report) => report.EqualBytes is not { } bytes ? null : Html.Grid(
        "At equal bytes",
        [.. FirstColumns(report), .. report.Measures.Select(m => m.Title), "epochs", "MB spent"],
        from g in report.Groups
        let numbers = g.Group.At(bytes) ?? ReadOnlyDictionary<string, Statistic>.Empty
        select (IReadOnlyList<object?>)
        [
            .. FirstCells(report, g.Study, g.Group),
            .. report.Measures.Select(m => Html.Mean(Of(numbers, m.Name), m.Format)),
            Html.Mean(Of(numbers, "epochs")?.Whole, "0.0"),
            Html.Mean(Of(numbers, RunNumbers.Bytes), "0.0", Mega),
        ],
        sortable: true);

    /// <summary>
    /// The groups common to both studies with their differences; <see langword="null"/> for a single study.
    /// </summary>
    public static object? Differences(Report report)
    {
        if (!report.IsComparison)
        {
            return null;
        }

        if (report.Pairs.Count == 0)
        {
            return Html.Of("p", "The studies have no settings in common, so there is nothing to subtract.");
        }

        (string first, string second) = (report.Studies[0].Name, report.Studies[1].Name);
        string[] columns = [.. report.Measures.SelectMany(m => new[] { $"{m.Title}, {first}", $"{m.Title}, {second}", $"{m.Title}, difference" }), "MB, difference", "seconds, difference"];
        return Html.Grid(
            $"Differences: {second} less {first}",
            ["settings", .. columns],
            report.Pairs.Select(p => (IReadOnlyList<object?>)
            [
                p.First.Label,
                .. report.Measures.SelectMany(m => new[] { Html.Mean(p.First.Of(m.Name), m.Format), Html.Mean(p.Second.Of(m.Name), m.Format), Difference(p, m.Name, m.Format) }),
                Difference(p, RunNumbers.Bytes, "0.0", Mega),
                Difference(p, "seconds", "0.0"),
            ]),
            sortable: true);
    }

    /// <summary>All runs: course, results and cost.</summary>
    public static XElement Runs(Report report) => Html.Grid(
        report.IsRun ? "What it reached and what it cost" : "Every run",
        [
            "run", .. report.Settings, "repetition", "state", "stopped by", "epochs", "rounds", .. report.Measures.Select(m => $"test {m.Title}"),
            "MB sent", "MB received", "seconds", "total seconds", "skipped rows", "worker", "tries", "faults", "hash of parameters",
        ],
        report.Rows.Select(r => RunRow(report, r.Study, r.Run)),
        sortable: true);

    /// <summary>All groups by epoch: the numbers behind the curves.</summary>
    public static XElement Epochs(Report report)
    {
        HashSet<string> known = [.. report.Groups.SelectMany(g => g.Group.Curve).SelectMany(p => p.Numbers.Keys)];
        (string Column, string Title, string Format, double Unit)[] columns =
            [.. report.Measures.Select(m => (m.Name, $"test {m.Title}", m.Format, 1.0)), .. OfEpoch.Where(c => known.Contains(c.Column))];
        return Html.Folded(
            "The numbers of the curves",
            Html.Grid(
                "After every epoch",
                [.. FirstColumns(report), "epoch", .. columns.Select(c => c.Title)],
                from g in report.Groups
                from point in g.Group.Curve
                select (IReadOnlyList<object?>)
                [
                    .. FirstCells(report, g.Study, g.Group),
                    Html.Number(point.Epoch),
                    .. columns.Select(c => Html.Mean(Of(point.Numbers, c.Column), c.Format, c.Unit)),
                ],
                sortable: true));
    }

    /// <summary>The name of a run, with its study where there are two.</summary>
    public static object NameOf(Report report, ReportedStudy study, ReportedRun run) =>
        report.IsComparison ? new object[] { Html.Of("span", Html.With("class", "note"), study.Name), " ", run.Name } : run.Name;

    // Runs without a test set have no measure; the column stays empty.
    private static Measure MainMeasure(Report report) => report.Measures.FirstOrDefault(Measure.All[^1]);

    private static object Count(RunGroup group) => group.Done.Count == group.Runs.Count
        ? Html.Number(group.Runs.Count)
        : new object[] { Html.Number(group.Done.Count), " of ", Html.Number(group.Runs.Count) };

    private static object[] AgainstCentralized(RunGroup group) =>
    [
        Html.Mean(group.Of(RunNumbers.MeasureDifference), Signed),
        Html.Number(group.ParameterDifference, "0.0e+00"),
        CentralizedEquality.IsCentralized(group.Settings) ? "itself"
            : group.ParameterDifference is null ? Table.Nothing
            : CentralizedEquality.Holds(group) switch { true => "equal", false => "no", null => "?" },
    ];

    private static Statistic? Of(IReadOnlyDictionary<string, Statistic> numbers, string column) => numbers.TryGetValue(column, out Statistic statistic) ? statistic : null;

    private static IReadOnlyList<object?> RunRow(Report report, ReportedStudy study, ReportedRun run)
    {
        IReadOnlyDictionary<string, double> numbers = run.Numbers;
        return
        [
            NameOf(report, study, run),
            .. report.Settings.Select(key => Html.Text(run.Settings.GetValueOrDefault(key))),
            Html.Number(run.Repetition),
            State(run.State),
            Html.Text(run.StoppedBy),
            Number("epochs", "0"),
            Number("steps", "0"),
            .. report.Measures.Select(m => Number(m.Name, m.Format)),
            Number("sent_bytes", "0.0", Mega),
            Number("received_bytes", "0.0", Mega),
            Number("seconds", "0.0"),
            Number("total_seconds", "0.0"),
            Number("skipped_rows", "0"),
            Html.Text(run.Worker),
            Html.Number(run.Attempts, "0"),
            Html.Number(run.Faults.Count),
            run.Finished is { Hash: { } hash } ? Html.Of("code", Html.With("title", hash), hash[..Math.Min(ShownOfHash, hash.Length)]) : Html.Text(null),
        ];

        object Number(string column, string format, double unit = 1) => Html.Number(numbers.TryGetValue(column, out double value) ? value : null, format, unit);
    }

    private static object State(StudyRunState state) =>
        state is StudyRunState.Failed or StudyRunState.Halved ? Html.Of("span", Html.With("class", "bad"), state.ToWord()) : state.ToWord();

    private static IReadOnlyList<string> FirstColumns(Report report) =>
        [.. report.IsComparison ? ["study"] : Array.Empty<string>(), .. report.Settings.Count > 0 ? report.Settings : report.IsComparison ? [] : ["study"]];

    private static IReadOnlyList<object?> FirstCells(Report report, ReportedStudy study, RunGroup group) =>
    [
        .. report.IsComparison || report.Settings.Count == 0 ? [study.Name] : Array.Empty<object>(),
        .. report.Settings.Select(key => Html.Text(group.Settings.GetValueOrDefault(key))),
    ];

    private static object Difference(GroupPair pair, string column, string format, double unit = 1) => pair.Difference(column) is { } difference and > 0
        ? new object[] { "+", Html.Number(difference, format, unit) }
        : Html.Number(pair.Difference(column), format, unit);
}
