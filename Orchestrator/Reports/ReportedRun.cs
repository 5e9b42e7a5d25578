using System.Collections.ObjectModel;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>A run in a report: request, course and results so far.</summary>
internal sealed record ReportedRun
{
    /// <summary>Its name within the study.</summary>
    public required string Name { get; init; }

    /// <summary>The settings that distinguish it from other runs.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>From 1.</summary>
    public int Repetition { get; init; } = 1;

    /// <summary>Its state.</summary>
    public required StudyRunState State { get; init; }

    /// <summary>The current or last worker; <see langword="null"/> if there is none or it is unknown.</summary>
    public string? Worker { get; init; }

    /// <summary>Number of attempts, if counted.</summary>
    public int? Attempts { get; init; }

    /// <summary>Why it failed; <see langword="null"/> if it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The command that reproduces it.</summary>
    public required string Command { get; init; }

    /// <summary>
    /// The command of its nodes, all in one process; <see langword="null"/> if it has none, or they are unknown.
    /// </summary>
    public string? NodeCommand { get; init; }

    /// <summary>Its results; <see langword="null"/> if it has not completed.</summary>
    public FinishedRun? Finished { get; init; }

    /// <summary>All completed epochs.</summary>
    public IReadOnlyList<EpochPoint> Curve { get; init; } = [];

    /// <summary>Its course, from its events.</summary>
    public RunTrace Trace { get; init; } = RunTrace.None;

    /// <summary>Its faults.</summary>
    public IReadOnlyList<RunFault> Faults { get; init; } = [];

    /// <summary>The distribution of its data; <see langword="null"/> if unknown.</summary>
    public DealtData? Data { get; init; }

    /// <summary>
    /// Differences from centralized training (<see cref="CentralizedEquality"/>), by the columns of <c>results.csv</c>;
    /// empty if that was not trained.
    /// </summary>
    public IReadOnlyDictionary<string, double> FromCentralized { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Metrics on the test set: at the end, or after the last epoch so far.</summary>
    public IReadOnlyDictionary<string, double> Measures =>
        Finished?.Measures ?? (Curve.Count > 0 ? Curve[^1].Measures : ReadOnlyDictionary<string, double>.Empty);

    /// <summary>Its numbers, by the columns of <c>results.csv</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers => Finished is { } finished
        ? RunNumbers.Of(finished).Concat(FromCentralized).ToDictionary(StringComparer.Ordinal)
        : RunNumbers.SoFar(Curve);

    /// <summary>Its <c>run.json</c>; <see langword="null"/> if it has not completed.</summary>
    public RunRecord? Record => Finished?.Record;

    /// <summary>
    /// The rule that stopped it early, as recorded by the run; otherwise a word or the reason for another end.
    /// </summary>
    public string StoppedBy => State switch
    {
        StudyRunState.Failed => Failure ?? "failed",
        StudyRunState.Halved => "halved",
        StudyRunState.Done => Finished?.Result.StoppedBy ?? (Numbers.GetValueOrDefault("epochs") < Finished?.Epochs ? "early_stopping" : "all epochs done"),
        _ => string.Empty,
    };

    /// <summary>Reads the run of a study's row.</summary>
    /// <exception cref="UserErrorException">The run's folder is damaged.</exception>
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
            NodeCommand = ReproducingCommand.OfNodes(row.Run.Arguments, finished?.Record.Nodes.Count),
            Finished = finished,
            Curve = finished?.Curve ?? CurveOf(row.Folder),
            Trace = trace,
            Faults = [.. trace.Faults, .. row.Faults.Select(f => new RunFault("study", Time: null, f))],
            Data = DealtData.Read(row.Folder),
        };
    }

    /// <summary>Reads the folder of a run outside any study.</summary>
    /// <exception cref="UserErrorException">The folder has no run, or is damaged.</exception>
    public static ReportedRun Of(string folder)
    {
        FinishedRun? finished = FinishedRun.Read(folder);
        var trace = RunTrace.Read(folder);
        IReadOnlyList<string> arguments = finished?.Record.Arguments ?? [];
        return new ReportedRun
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            State = finished is not null ? StudyRunState.Done : trace.Failure is not null ? StudyRunState.Failed : StudyRunState.Running,
            Failure = finished is null ? trace.Failure : null,
            Command = finished is null ? string.Empty : ReproducingCommand.OfRun(arguments),
            NodeCommand = ReproducingCommand.OfNodes(arguments, finished?.Record.Nodes.Count),
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
