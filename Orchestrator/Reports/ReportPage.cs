using System.Xml.Linq;
using TraversalLearning.Charts;

namespace TraversalLearning.Orchestration.Reports;

/// <summary><c>report.html</c>: the report for people. All its numbers are also in <c>results.csv</c>.</summary>
internal static class ReportPage
{
    private const double Mega = 1e6;

    /// <summary>The file's content.</summary>
    public static string Of(Report report)
    {
        string title = string.Join(" and ", report.Studies.Select(s => s.Name));
        return HtmlPage.Of(
            title,
            Html.Of("header", Html.Of("h1", title), "\n", report.Studies.Select(s => Head(report, s))),
            report.IsRun ? null : Html.Section("Results", ReportTables.Groups(report), Explanation(report), AtEqualBytes(report), ReportTables.Differences(report)),
            Curves(report),
            Html.Section(report.IsRun ? "Result" : "Runs", ReportTables.Runs(report)),
            ReportDetails.Data(report),
            ReportDetails.Options(report),
            ReportDetails.Faults(report),
            report.IsRun ? ReportDetails.OfOneRun(report.Studies[0].Runs[0]) : null,
            ReportDetails.Commands(report),
            ReportDetails.Versions(report));
    }

    private static object[] Head(Report report, ReportedStudy study)
    {
        var states = new List<object>();
        foreach ((StudyRunState state, int count) in study.States)
        {
            states.AddRange([states.Count > 0 ? ", " : string.Empty, Html.Number(count), $" {state.ToWord()}"]);
        }

        object[] runs = [Html.Number(study.Runs.Count), study.Runs.Count == 1 ? " run: " : " runs: ", .. states];
        return
        [
            report.IsComparison ? Html.Of("h2", study.Name) : string.Empty,
            study.IsUnderWay
                ? Html.Of("p", Html.With("class", "bad"), study.IsRun ? "This run has not ended: it is under way, or was interrupted." : "This study is under way: what follows is what is known so far.")
                : string.Empty,
            Html.Of(
                "dl",
                study.IsRun ? Term("State", study.Runs[0].State.ToWord()) : Term("Runs", runs),
                study.IsRun ? Term("Algorithm", Html.Text(study.Runs[0].Record?.Algorithm)) : null,
                study.IsRun ? Term("Stopped by", Html.Text(study.Runs[0].StoppedBy)) : null,
                Term("Begun", Html.Time(study.Begun)),
                Term(study.IsUnderWay ? "Last event" : "Ended", Html.Time(study.Ended))),
            study.Command.Length > 0 ? Html.Of("pre", Html.Of("code", study.Command)) : string.Empty,
            "\n",
        ];
    }

    private static object[] Term(string name, object? value) => [Html.Of("dt", name), Html.Of("dd", value)];

    private static XElement[] Explanation(Report report) =>
    [
        Note(
            "Measures on the test set: mean ± standard deviation of a sample, over the runs that are done; a run alone has no deviation. Megabytes are sent and received "
            + "by the orchestrator; seconds are those of training and evaluation, without waiting for nodes to come."),
        .. report.HasCentralized ? [Note(CentralizedEquality.Explain(report))] : Array.Empty<XElement>(),
    ];

    private static object?[] AtEqualBytes(Report report) => report.EqualBytes is not { } bytes ? [] :
    [
        ReportTables.AtEqualBytes(report),
        Note("After the last epoch within ", Html.Number(bytes, "0.0", Mega), " MB sent and received; ", Table.Nothing, " where the first epoch alone costs more."),
    ];

    private static XElement Note(params object[] text) => Html.Of("p", Html.With("class", "note"), text);

    private static object? Curves(Report report)
    {
        LineChart[] charts = [.. ReportCharts.Of(report)];
        if (charts.Length == 0)
        {
            return Html.Section("Curves", Html.Of("p", "No run has completed an epoch."));
        }

        int drawn = ReportCharts.Drawn(report).Count;
        int all = report.Groups.Count(g => g.Group.Curve.Count > 0);
        return Html.Section(
            "Curves",
            drawn < all ? Note("Drawn are the best ", Html.Number(drawn), " of ", Html.Number(all), "; the table below has all.") : null,
            charts.Select(c => new object[] { Html.Picture(c.ToElement()), "\n" }),
            ReportTables.Epochs(report));
    }
}
