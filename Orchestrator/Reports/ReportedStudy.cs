namespace TraversalLearning.Orchestration.Reports;

/// <summary>A study as a report has it, or a run alone.</summary>
internal sealed class ReportedStudy
{
    /// <summary>Groups runs by their settings.</summary>
    /// <param name="name">For people.</param>
    /// <param name="command">That did it; of a run alone, the run's.</param>
    /// <param name="runs">In the order of the study.</param>
    /// <param name="isRun">Whether it is a run alone.</param>
    public ReportedStudy(string name, string command, IReadOnlyList<ReportedRun> runs, bool isRun = false)
    {
        Name = name;
        Command = command;
        Runs = runs;
        IsRun = isRun;
        Settings = [.. runs.SelectMany(r => r.Settings.Keys).Distinct(StringComparer.Ordinal)];
        string[] varied = [.. Settings.Where(key => runs.Select(r => r.Settings.GetValueOrDefault(key)).Distinct(StringComparer.Ordinal).Count() > 1)];
        Groups =
        [
            .. runs.GroupBy(r => string.Join('\n', Settings.Select(key => r.Settings.GetValueOrDefault(key))), StringComparer.Ordinal)
                .Select(g => new RunGroup(g.First().Settings, LabelOf(g.First(), varied), [.. g])),
        ];
    }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>That did it.</summary>
    public string Command { get; }

    /// <summary>In the order of the study.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>Whether it is a run alone.</summary>
    public bool IsRun { get; }

    /// <summary>At how many bytes its runs are to be compared; <see langword="null"/> for the most that every run has spent.</summary>
    public long? EqualBytes { get; init; }

    /// <summary>The names of what sets runs apart.</summary>
    public IReadOnlyList<string> Settings { get; }

    /// <summary>The runs of the same settings together.</summary>
    public IReadOnlyList<RunGroup> Groups { get; }

    /// <summary>How many runs there are of each state, of those that there are.</summary>
    public IReadOnlyList<(StudyRunState State, int Count)> States => [.. Runs.GroupBy(r => r.State).OrderBy(g => g.Key).Select(g => (g.Key, g.Count()))];

    /// <summary>Whether runs are still to be done.</summary>
    public bool IsUnderWay => Runs.Any(r => r.State is StudyRunState.Queued or StudyRunState.Running);

    /// <summary>Time of the first event of a run; <see langword="null"/> if there is none.</summary>
    public string? Begun => Runs.Select(r => r.Trace.Begun).Min(StringComparer.Ordinal);

    /// <summary>Time of the last one.</summary>
    public string? Ended => Runs.Select(r => r.Trace.Ended).Max(StringComparer.Ordinal);

    /// <summary>The same under another name.</summary>
    public ReportedStudy Renamed(string name) => new(name, Command, Runs, IsRun) { EqualBytes = EqualBytes };

    private string LabelOf(ReportedRun run, string[] varied) =>
        varied.Length == 0 ? Name : string.Join(", ", varied.Select(key => Label(key, run.Settings.GetValueOrDefault(key))));

    // A word says itself what it is; a number does not.
    private static string Label(string key, string? value) =>
        value is null ? $"no {key}" : value.Length > 0 && char.IsAsciiLetter(value[0]) && value is not ("true" or "false" or "on" or "off") ? value : $"{key} {value}";
}
