using System.Collections.ObjectModel;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>A run as a report has it: what was asked for, how it went, and what it left, as far as it has come.</summary>
internal sealed record ReportedRun
{
    /// <summary>Its name within the study.</summary>
    public required string Name { get; init; }

    /// <summary>What sets it apart from the others.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>From 1.</summary>
    public int Repetition { get; init; } = 1;

    /// <summary>How far it has come.</summary>
    public required StudyRunState State { get; init; }

    /// <summary>Who does it, or did it last; <see langword="null"/> if that is nobody or not known.</summary>
    public string? Worker { get; init; }

    /// <summary>How often it was begun, as far as that was counted.</summary>
    public int? Attempts { get; init; }

    /// <summary>Why it failed; <see langword="null"/> if it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The command that does it alone.</summary>
    public required string Command { get; init; }

    /// <summary>The command of its nodes, all of them in one process; <see langword="null"/> if it has none, or they are not known.</summary>
    public string? NodeCommand { get; init; }

    /// <summary>What it left; <see langword="null"/> if it has not ended well.</summary>
    public FinishedRun? Finished { get; init; }

    /// <summary>Every epoch that it has completed.</summary>
    public IReadOnlyList<EpochPoint> Curve { get; init; } = [];

    /// <summary>Its course.</summary>
    public RunTrace Trace { get; init; } = RunTrace.None;

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<RunFault> Faults { get; init; } = [];

    /// <summary>Which node held what; <see langword="null"/> if that is not known.</summary>
    public DealtData? Data { get; init; }

    /// <summary>How far it is from centralized training (<see cref="CentralizedEquality"/>), by the columns of <c>results.csv</c>; nothing where that was not trained.</summary>
    public IReadOnlyDictionary<string, double> FromCentralized { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>How its model does on the test set: at the end, or after the last epoch of a run that has not come there.</summary>
    public IReadOnlyDictionary<string, double> Measures =>
        Finished?.Measures ?? (Curve.Count > 0 ? Curve[^1].Measures : ReadOnlyDictionary<string, double>.Empty);

    /// <summary>Its numbers, by the columns of <c>results.csv</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers => Finished is { } finished
        ? RunNumbers.Of(finished).Concat(FromCentralized).ToDictionary(StringComparer.Ordinal)
        : RunNumbers.SoFar(Curve);

    /// <summary>Its part of <c>run.json</c>; <see langword="null"/> where that has none.</summary>
    public JsonNode? Part(string name) => Finished?.Summary[name];

    /// <summary>A text of a part of <c>run.json</c>.</summary>
    public string? Text(string part, string name) => JsonText.Of(Part(part)?[name]);

    /// <summary>The rule that ended it before its last epoch, as it says itself; what else has ended it, in a word or as the reason.</summary>
    public string StoppedBy => State switch
    {
        StudyRunState.Failed => Failure ?? "failed",
        StudyRunState.Halved => "halved",
        StudyRunState.Done => Finished?.StoppedBy ?? (Numbers.GetValueOrDefault("epochs") < Finished?.Epochs ? "early_stopping" : "all epochs done"),
        _ => string.Empty,
    };

    /// <summary>Reads what a row of a study is about.</summary>
    /// <exception cref="UserErrorException">What the run left is damaged.</exception>
    public static ReportedRun Of(StudyRow row)
    {
        FinishedRun? finished = row.State is StudyRunState.Done or StudyRunState.Halved ? FinishedRun.Read(row.Folder) : null;
        var trace = RunTrace.Read(row.Folder);
        return new ReportedRun
        {
            Name = row.Run.Name,
            Settings = row.Run.Settings,
            Repetition = row.Run.Repetition,
            State = row.State,
            Worker = row.Worker,
            Attempts = row.Attempts > 0 || !row.State.IsFinal() ? row.Attempts : null,
            Failure = row.State is StudyRunState.Failed ? row.Failure ?? trace.Failure : row.Failure,
            Command = ReproducingCommand.OfRun(row.Run.Arguments),
            NodeCommand = ReproducingCommand.OfNodes(row.Run.Arguments, finished?.Summary["nodes"]?.AsArray().Count),
            Finished = finished,
            Curve = finished?.Curve ?? CurveOf(row.Folder),
            Trace = trace,
            Faults = [.. trace.Faults, .. row.Faults.Select(f => new RunFault("study", string.Empty, f))],
            Data = DealtData.Read(row.Folder),
        };
    }

    /// <summary>Reads the folder of a run that belongs to no study.</summary>
    /// <exception cref="UserErrorException">It holds no run, or what is there is damaged.</exception>
    public static ReportedRun Of(string folder)
    {
        FinishedRun? finished = FinishedRun.Read(folder);
        var trace = RunTrace.Read(folder);
        string[] arguments = [.. (finished?.Summary["arguments"] as JsonArray ?? []).Select(a => JsonText.Of(a) ?? string.Empty)];
        return new ReportedRun
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            State = finished is not null ? StudyRunState.Done : trace.Failure is not null ? StudyRunState.Failed : StudyRunState.Running,
            Failure = finished is null ? trace.Failure : null,
            Command = finished is null ? string.Empty : ReproducingCommand.OfRun(arguments),
            NodeCommand = ReproducingCommand.OfNodes(arguments, finished?.Summary["nodes"]?.AsArray().Count),
            Finished = finished,
            Curve = finished?.Curve ?? CurveOf(folder),
            Trace = trace,
            Faults = trace.Faults,
            Data = DealtData.Read(folder),
        };
    }

    private static IReadOnlyList<EpochPoint> CurveOf(string folder)
    {
        string path = RunFolder.MetricsPathIn(folder);
        try
        {
            return File.Exists(path) && WholeLines.Read(path) is { Length: > 0 } lines ? EpochPoint.Read(lines) : [];
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new UserErrorException(ExitCode.Data, $"'{path}' is not what a run leaves: {e.Message}; delete '{folder}' to do that run again", e);
        }
    }
}
