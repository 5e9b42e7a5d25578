namespace TraversalLearning.Orchestration.Reports;

/// <summary>A study, or a single run, in a report.</summary>
internal sealed class ReportedStudy
{
    /// <summary>Groups runs by their settings.</summary>
    /// <param name="name">For display.</param>
    /// <param name="command">The command of the study or, for a single run, of the run.</param>
    /// <param name="runs">In the order of the study.</param>
    /// <param name="isRun">Whether it is a single run.</param>
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

    /// <summary>For display.</summary>
    public string Name { get; }

    /// <summary>The command that executed it.</summary>
    public string Command { get; }

    /// <summary>In the order of the study.</summary>
    public IReadOnlyList<ReportedRun> Runs { get; }

    /// <summary>Whether it is a single run.</summary>
    public bool IsRun { get; }

    /// <summary>The byte budget for comparison; <see langword="null"/> for the most that every run has spent.</summary>
    public long? EqualBytes { get; init; }

    /// <summary>The names of the settings that vary between runs.</summary>
    public IReadOnlyList<string> Settings { get; }

    /// <summary>Runs with equal settings.</summary>
    public IReadOnlyList<RunGroup> Groups { get; }

    /// <summary>Number of runs in each state that occurs.</summary>
    public IReadOnlyList<(StudyRunState State, int Count)> States => [.. Runs.GroupBy(r => r.State).OrderBy(g => g.Key).Select(g => (g.Key, g.Count()))];

    /// <summary>Whether runs remain to be executed.</summary>
    public bool IsUnderWay => Runs.Any(r => r.State is StudyRunState.Queued or StudyRunState.Running);

    /// <summary>Time of the first event of any run; <see langword="null"/> if there is none.</summary>
    public string? Begun => Runs.Select(r => r.Trace.Begun).Min(StringComparer.Ordinal);

    /// <summary>Time of the last event of any run.</summary>
    public string? Ended => Runs.Select(r => r.Trace.Ended).Max(StringComparer.Ordinal);

    /// <summary>The same under another name.</summary>
    public ReportedStudy Renamed(string name) => new(name, Command, Runs, IsRun) { EqualBytes = EqualBytes };

    private string LabelOf(ReportedRun run, string[] varied) =>
        varied.Length == 0 ? Name : string.Join(", ", varied.Select(key => Label(key, run.Settings.GetValueOrDefault(key))));

    // A word is self-explanatory as a value; a number needs its key.
    private static string Label(string key, string? value) =>
        value is null ? $"no {key}" : value.Length > 0 && char.IsAsciiLetter(value[0]) && value is not ("true" or "false" or "on" or "off") ? value : $"{key} {value}";
}
