using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Reads what a report is made of from a folder: of a study, of a comparison, or of a run.</summary>
internal static class ReportSource
{
    /// <summary>Where a comparison's folder has its figures.</summary>
    public const string ComparisonName = "compare.json";

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">There is nothing to report in it, or what is there is damaged.</exception>
    public static ReportedStudy Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException(ExitCode.Usage, $"there is no folder '{folder}'; name that of a study, of a comparison or of a run");
        }

        if (StudyRecord.Load(folder) is { } record)
        {
            return Of(record);
        }

        if (File.Exists(Path.Combine(folder, ComparisonName)))
        {
            return OfComparison(folder);
        }

        if (!File.Exists(RunFolder.SummaryPathIn(folder)) && !File.Exists(RunFolder.EventsPathIn(folder)))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"'{folder}' holds no study, no comparison and no run: it has no study.json, no {ComparisonName}, no run.json and no events.jsonl; name another folder");
        }

        var run = ReportedRun.Of(folder);
        return new ReportedStudy(run.Name, run.Command, [run], isRun: true);
    }

    /// <summary>A study, with what its runs left.</summary>
    /// <exception cref="UserErrorException">What a run left is damaged.</exception>
    public static ReportedStudy Of(StudyRecord record) => new(record.Name, record.Command, [.. record.Rows.Select(ReportedRun.Of)]);

    private static ReportedStudy OfComparison(string folder)
    {
        string path = Path.Combine(folder, ComparisonName);
        try
        {
            JsonNode comparison = JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new FormatException("it is empty");
            return new ReportedStudy(
                Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
                comparison.Require("command").GetValue<string>(),
                [.. comparison.Require("runs").AsArray().Select(run => OfComparedRun(folder, run ?? throw new FormatException("a run is null")))]);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what compare leaves: {e.Message}; give the compare command again with --output '{folder}'", e);
        }
    }

    private static ReportedRun OfComparedRun(string folder, JsonNode run)
    {
        string name = run.Require("folder").GetValue<string>();
        string? failure = run["failure"]?.GetValue<string>();
        var study = new StudyRun(
            name,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["algorithm"] = run.Require("algorithm").GetValue<string>() },
            run.Require("repetition").GetValue<int>(),
            []);
        var row = new StudyRow(study, failure is null ? StudyRunState.Done : StudyRunState.Failed) { Folder = Path.Combine(folder, name), Failure = failure };
        return ReportedRun.Of(row) with { Attempts = null, Command = run.Require("command").GetValue<string>(), NodeCommand = run["node_command"]?.GetValue<string>() };
    }
}
