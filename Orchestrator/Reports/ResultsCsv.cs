using System.Globalization;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// <c>results.csv</c>: all numbers of a report in full precision, one row per run, epoch, mean and so on; the column
/// <c>kind</c> tells which (docs/reference/reports.md lists them). Inapplicable fields are empty.
/// </summary>
internal sealed class ResultsCsv
{
    private readonly Report _report;
    private readonly Table _table;
    private readonly Dictionary<string, int> _places;

    private ResultsCsv(Report report)
    {
        _report = report;
        _table = new Table(
        [
            "kind", "study", "run", .. report.Settings.Select(Setting), "repetition", "state", "stopped_by", "attempts", "worker", "failure", "faults", "algorithm", "seed", "begun", "ended",
            "runs", "epoch", .. RunNumbers.Columns, "params_sha256", "lossy", "options_digest", "product", "runtime", "torch", "libtorch", "node", "class", "samples", "name", "value", "command", "node_command",
        ]);
        _places = _table.Columns.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
    }

    /// <summary>The file's content.</summary>
    public static string Of(Report report)
    {
        var csv = new ResultsCsv(report);
        foreach (ReportedStudy study in report.Studies)
        {
            csv.AddStudy(study);
        }

        csv.Add("count", null, [("name", "groups with a curve"), ("value", Text(report.Groups.Count(g => g.Group.Curve.Count > 0)))]);
        csv.Add("count", null, [("name", "groups drawn"), ("value", Text(ReportCharts.Drawn(report).Count))]);
        csv.AddSettledNumbers();
        csv.AddDifferences();
        csv.AddOptions();
        foreach ((ReportedStudy study, ReportedRun run) in report.Rows)
        {
            csv.AddDetails(study, run);
        }

        return csv._table.ToCsv();
    }

    /// <summary>The column of a setting.</summary>
    public static string Setting(string name) => $"set_{name}";

    private void AddStudy(ReportedStudy study)
    {
        Add("study", study, [("state", study.IsUnderWay ? "under way" : "complete"), ("begun", study.Begun), ("ended", study.Ended), ("runs", Text(study.Runs.Count)), ("command", study.Command)]);
        foreach ((StudyRunState state, int count) in study.States)
        {
            Add("count", study, [("name", state.ToWord()), ("value", Text(count))]);
        }

        foreach (ReportedRun run in study.Runs)
        {
            AddRun(study, run);
        }

        foreach (RunGroup group in study.Groups)
        {
            AddGroup(study, group);
        }

        foreach (ReportedRun run in study.Runs)
        {
            foreach (EpochPoint point in run.Curve)
            {
                Add("epoch", study, [("run", run.Name), .. Settings(run.Settings), ("repetition", Text(run.Repetition)), ("epoch", Text(point.Epoch)), .. Numbers(RunNumbers.Of(point))]);
            }
        }
    }

    private void AddRun(ReportedStudy study, ReportedRun run) => Add(
        "run",
        study,
        [
            ("run", run.Name), .. Settings(run.Settings), ("repetition", Text(run.Repetition)), ("state", run.State.ToWord()), ("stopped_by", run.StoppedBy),
            ("attempts", Text(run.Attempts)), ("worker", run.Worker), ("failure", run.Failure), ("faults", Text(run.Faults.Count)), ("algorithm", run.Record?.Algorithm),
            ("seed", JsonText.Of(run.Record?.Options["seed"])), ("begun", run.Trace.Begun), ("ended", run.Trace.Ended), .. Numbers(run.Numbers), ("params_sha256", run.Finished?.Hash),
            ("lossy", run.Record is { } record ? record.Result.Lossy ? "true" : "false" : null), ("options_digest", run.Finished?.OptionsDigest), ("product", run.Record?.Versions?.Product),
            ("runtime", run.Record?.Versions?.Runtime), ("torch", run.Record?.Versions?.Torch),
            ("libtorch", run.Record?.Versions?.Libtorch), ("command", run.Command), ("node_command", run.NodeCommand),
        ]);

    private void AddGroup(ReportedStudy study, RunGroup group)
    {
        Add("group", study, [("name", group.Label), .. Settings(group.Settings), ("runs", Text(group.Runs.Count)), ("stopped_by", group.StoppedBy)]);
        AddStatistics("mean", "sd", group.Numbers, [("runs", Text(group.Done.Count))]);
        if (_report.EqualBytes is { } bytes && group.At(bytes) is { } numbers)
        {
            AddStatistics("equal_bytes_mean", "equal_bytes_sd", numbers, []);
        }

        foreach (CurvePoint point in group.Curve)
        {
            AddStatistics("epoch_mean", "epoch_sd", point.Numbers, [("epoch", Text(point.Epoch))]);
        }

        void AddStatistics(string mean, string deviation, IReadOnlyDictionary<string, Statistic> numbers, (string, string?)[] more)
        {
            Add(mean, study, [("name", group.Label), .. Settings(group.Settings), .. more, .. numbers.Select(n => (n.Key, (string?)RunNumbers.Exact(n.Value.Mean)))]);
            Add(deviation, study, [("name", group.Label), .. Settings(group.Settings), .. more, .. numbers.Select(n => (n.Key, (string?)RunNumbers.Exact(n.Value.Deviation)))]);
        }
    }

    private void AddSettledNumbers()
    {
        if (_report.EqualBytes is { } bytes)
        {
            Add("count", null, [("name", "equal bytes"), ("value", RunNumbers.Exact(bytes))]);
        }

        if (_report.HasCentralized)
        {
            Add("note", null, [("name", "as centralized"), ("value", CentralizedEquality.Explain(_report))]);
        }
    }

    private void AddDifferences()
    {
        foreach (GroupPair pair in _report.Pairs)
        {
            Add("difference", null, [("name", pair.First.Label), .. Settings(pair.First.Settings), .. RunNumbers.Columns.Select(c => (c, (string?)RunNumbers.Exact(pair.Difference(c))))]);
        }
    }

    private void AddOptions()
    {
        var options = new RunOptionsTable(_report.Runs);
        foreach ((string name, string value) in options.Shared)
        {
            Add("option", null, [("name", name), ("value", value)]);
        }

        foreach ((ReportedStudy study, ReportedRun run) in _report.Rows.Where(r => options.Knows(r.Run)))
        {
            foreach (string name in options.Differing)
            {
                Add("option", study, [("run", run.Name), ("name", name), ("value", options.Of(run, name))]);
            }
        }
    }

    private void AddDetails(ReportedStudy study, ReportedRun run)
    {
        foreach (RunFault fault in run.Faults)
        {
            Add("fault", study, [("run", run.Name), ("begun", fault.Time), ("name", fault.Kind), ("value", fault.Text)]);
        }

        AddData(study, run);
        foreach (NodeRecord node in run.Record?.Nodes ?? [])
        {
            Add("node", study, [("run", run.Name), ("node", Text(node.Id)), ("samples", Text(node.Samples))]);
            foreach ((string name, string value) in node.Metadata)
            {
                Add("metadata", study, [("run", run.Name), ("node", Text(node.Id)), ("name", name), ("value", value)]);
            }
        }

        foreach ((string name, double value) in PerformanceFigures.Of(run))
        {
            Add("performance", study, [("run", run.Name), ("name", name), ("value", RunNumbers.Exact(value))]);
        }
    }

    private void AddData(ReportedStudy study, ReportedRun run)
    {
        if (run.Data is not { } data)
        {
            return;
        }

        foreach ((int node, int[] counts) in data.Counts.Index())
        {
            foreach ((int place, int label) in data.Classes.Index())
            {
                Add("data", study, [("run", run.Name), ("node", Text(node + 1)), ("class", Text(label)), ("samples", Text(counts[place]))]);
            }

            Add("data", study, [("run", run.Name), ("node", Text(node + 1)), ("samples", Text(counts.Sum()))]);
        }

        foreach ((int place, int label) in data.Classes.Index())
        {
            Add("data", study, [("run", run.Name), ("class", Text(label)), ("samples", Text(data.Counts.Sum(c => c[place])))]);
        }

        Add("data", study, [("run", run.Name), ("samples", Text(data.Totals.Sum())), ("name", data.Title)]);
    }

    private void Add(string kind, ReportedStudy? study, (string Column, string? Text)[] cells)
    {
        string[] row = [.. Enumerable.Repeat(string.Empty, _table.Columns.Length)];
        foreach ((string column, string? text) in cells.Prepend(("study", study?.Name)).Prepend(("kind", kind)))
        {
            // A metric from a later version has no column here.
            if (_places.TryGetValue(column, out int place))
            {
                row[place] = text ?? string.Empty;
            }
        }

        _table.Add(row);
    }

    private static IEnumerable<(string Column, string? Text)> Settings(IReadOnlyDictionary<string, string> settings) => settings.Select(s => (Setting(s.Key), (string?)s.Value));

    private static IEnumerable<(string Column, string? Text)> Numbers(IReadOnlyDictionary<string, double> numbers) => numbers.Select(n => (n.Key, (string?)RunNumbers.Exact(n.Value)));

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);
}
