using System.Text.Json;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary><c>results.json</c>: the same figures as <c>results.csv</c>, with their structure.</summary>
internal static class ResultsJson
{
    private const string Epoch = "epoch";

    /// <summary>The file's content.</summary>
    public static string Of(Report report)
    {
        var options = new RunOptionsTable(report.Runs);
        var results = new ResultsRecord(
            report.Measures.Select(m => m.Name),
            report.EqualBytes,
            ToDictionary(options.Shared),
            report.Studies.Select(s => OfStudy(report, s, options)),
            report.Pairs.Select(Difference));
        return JsonSerializer.Serialize(results, RecordJson.Readable) + "\n";
    }

    private static ReportedStudyRecord OfStudy(Report report, ReportedStudy study, RunOptionsTable options) => new(
        study.Name,
        study.Command,
        study.IsUnderWay,
        study.Begun,
        study.Ended,
        study.States.ToDictionary(s => s.State.ToWord(), s => s.Count, StringComparer.Ordinal),
        study.Groups.Select(g => OfGroup(report, g)),
        study.Runs.Select(r => OfRun(r, options)));

    private static GroupRecord OfGroup(Report report, RunGroup group) => new(
        group.Label,
        group.Settings,
        group.Runs.Count,
        group.Done.Count,
        group.Numbers,
        report.EqualBytes is { } bytes ? group.At(bytes) : null,
        CentralizedEquality.Holds(group),
        group.Curve.Select(p => new GroupEpochRecord(p.Epoch) { Numbers = p.Numbers.ToDictionary(n => n.Key, n => (object)n.Value, StringComparer.Ordinal) }));

    private static ReportedRunRecord OfRun(ReportedRun run, RunOptionsTable options) => new()
    {
        Name = run.Name,
        Settings = run.Settings,
        Repetition = run.Repetition,
        State = run.State.ToWord(),
        StoppedBy = run.StoppedBy,
        Attempts = run.Attempts,
        Worker = run.Worker,
        Failure = run.Failure,
        Algorithm = run.Record?.Algorithm,
        Options = options.Knows(run) ? ToDictionary(options.Differing.Select(name => (name, options.Of(run, name)))) : null,
        Begun = run.Trace.Begun,
        Ended = run.Trace.Ended,
        Result = run.Numbers,
        ParamsSha256 = run.Finished?.Hash,
        Lossy = run.Record?.Result.Lossy,
        OptionsDigest = run.Finished?.OptionsDigest,
        Versions = run.Record?.Versions,
        Command = run.Command,
        NodeCommand = run.NodeCommand,
        Data = run.Data,
        Nodes = run.Record?.Nodes,
        Performance = run.Record?.Performance,
        Faults = run.Faults,
        Curve = run.Curve.Select(EpochOf),
    };

    private static Dictionary<string, double> EpochOf(EpochPoint point)
    {
        var epoch = new Dictionary<string, double>(StringComparer.Ordinal) { [Epoch] = point.Epoch };
        foreach ((string column, double value) in RunNumbers.Of(point))
        {
            epoch[column] = value;
        }

        return epoch;
    }

    private static DifferenceRecord Difference(GroupPair pair) => new(
        pair.First.Settings,
        RunNumbers.Columns.Where(c => pair.Difference(c) is not null).ToDictionary(c => c, c => pair.Difference(c)!.Value, StringComparer.Ordinal));

    private static Dictionary<string, string> ToDictionary(IEnumerable<(string Name, string Value)> texts) =>
        texts.ToDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal);
}
