using System.Xml.Linq;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The parts of a report besides its results: data, options, faults, commands, versions.</summary>
internal static class ReportDetails
{
    /// <summary>Samples by node and class: a chart and a table for each distinct partition.</summary>
    public static XElement Data(Report report)
    {
        ILookup<string, ReportedRun> dealt = report.Runs.Where(r => r.Data is not null).ToLookup(r => $"{r.Data!.Title}\n{r.Data.Counts.Length}", StringComparer.Ordinal);
        return Html.Section(
            "Data",
            dealt.Count == 0 ? Html.Of("p", "How the data were dealt out is not known: the nodes held samples of their own, or no run has ended.") : null,
            dealt.Select(d => Dealt(d.First().Data!)));
    }

    /// <summary>The options that all runs share, and those that differ.</summary>
    public static XElement Options(Report report)
    {
        var options = new RunOptionsTable(report.Runs);
        return Html.Section(
            "Options",
            options.Shared.Count == 0
                ? Html.Of("p", "No run has ended, so that only the commands say what was asked for.")
                : Html.Grid(report.IsRun ? "What was asked for" : "The same in all runs", ["option", "value"], options.Shared.Select(o => (IReadOnlyList<object?>)[o.Name, o.Value])),
            options.Differing.Count == 0
                ? null
                : Html.Grid("What differs", ["run", .. options.Differing], report.Rows.Where(r => options.Knows(r.Run)).Select(r => (IReadOnlyList<object?>)[ReportTables.NameOf(report, r.Study, r.Run), .. options.Differing.Select(name => Html.Text(options.Of(r.Run, name)))]), sortable: true));
    }

    /// <summary>Faults with their times.</summary>
    public static XElement Faults(Report report)
    {
        (object Name, RunFault Fault)[] faults = [.. report.Rows.SelectMany(r => r.Run.Faults.Select(f => (ReportTables.NameOf(report, r.Study, r.Run), f)))];
        return Html.Section(
            "Faults",
            faults.Length == 0
                ? Html.Of("p", "None was seen.")
                : Html.Grid("What was seen", ["run", "when", "what", "in words"], faults.Select(f => (IReadOnlyList<object?>)[f.Name, Html.Time(f.Fault.Time), f.Fault.Kind, f.Fault.Text]), sortable: true));
    }

    /// <summary>The nodes of a single run, and its time budget.</summary>
    public static object?[] OfOneRun(ReportedRun run)
    {
        IReadOnlyList<NodeRecord> nodes = run.Record?.Nodes ?? [];
        string[] names = [.. nodes.SelectMany(n => n.Metadata.Keys).Distinct(StringComparer.Ordinal)];
        (string Name, double Value)[] performance = [.. PerformanceFigures.Of(run)];
        return
        [
            nodes.Count == 0 ? null : Html.Section("Nodes", Html.Grid(
                "What each node said of itself",
                ["node", "samples", .. names],
                nodes.Select(n => (IReadOnlyList<object?>)[Html.Number(n.Id), Html.Number(n.Samples), .. names.Select(name => Html.Text(n.Metadata.GetValueOrDefault(name)))]),
                sortable: true)),
            performance.Length == 0 ? null : Html.Section("Where a step goes", Html.Grid(
                "Means of the last epoch", ["figure", "value"], performance.Select(p => (IReadOnlyList<object?>)[p.Name, Html.Number(p.Value, "0.###")]))),
        ];
    }

    /// <summary>The command that reproduces each run, with its resulting hash.</summary>
    public static XElement Commands(Report report) => Html.Section(
        "Commands",
        Html.Of("p", Html.With("class", "note"), "Each does one run alone, which ends with the same parameters, to the bit, on the same kind of machine. Nodes find the orchestrator where they are told its host and port."),
        report.Rows.Select(row => Command(ReportTables.NameOf(report, row.Study, row.Run), row.Run)));

    /// <summary>Versions of the software used.</summary>
    public static XElement Versions(Report report)
    {
        return Html.Section("Versions", Html.Of("dl", Version("Traversal Learning", v => v.Product), Version("Runtime", v => v.Runtime), Version("Torch", v => v.Torch), Version("libtorch", v => v.Libtorch)));

        object[] Version(string title, Func<VersionsRecord, string?> of)
        {
            string[] versions = [.. report.Runs.Select(r => r.Record?.Versions is { } known ? of(known) : null).OfType<string>().Distinct(StringComparer.Ordinal)];
            return [Html.Of("dt", title), versions.Length == 0 ? Html.Of("dd", Html.Text(null)) : versions.Select(v => Html.Of("dd", v))];
        }
    }

    private static object?[] Command(object name, ReportedRun run) =>
    [
        Html.Folded(
            name,
            run.Command.Length > 0 ? Html.Of("pre", Html.Of("code", run.Command)) : null,
            run.NodeCommand is { } nodes ? Html.Of("pre", Html.Of("code", nodes)) : null,
            run.Record?.Blind is { } blind ? Html.Of("p", $"Blind exchange, run {blind.Run}: protects against a {blind.Protects}.") : null,
            run.Finished is { } finished
                ? Html.Of("dl", Html.Of("dt", "Hash of parameters"), Html.Of("dd", Html.Of("code", finished.Hash ?? "the model is on the nodes")), Html.Of("dt", "Digest of options"), Html.Of("dd", Html.Of("code", finished.OptionsDigest)))
                : Html.Of("p", $"It is {run.State.ToWord()}. ", Html.Of("span", run.StoppedBy))),
        "\n",
    ];

    private static object[] Dealt(DealtData data)
    {
        string caption = data.Title;
        return data.Classes.Length == 0
            ? [Html.Grid(caption, ["node", "samples"], data.Totals.Select((count, node) => (IReadOnlyList<object?>)[Html.Number(node + 1), Html.Number(count)]), sortable: true)]
            :
            [
                Html.Picture(data.Table.ToChart(caption).ToElement()),
                Html.Folded("The numbers of the picture", Html.Grid(
                    caption,
                    ["node", .. data.Classes.Select(c => $"class {c}"), "total"],
                    data.Counts.Select((row, node) => (IReadOnlyList<object?>)[Html.Number(node + 1), .. row.Select(count => Html.Number(count)), Html.Number(row.Sum())]),
                    sortable: true)),
            ];
    }
}
