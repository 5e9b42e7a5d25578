using System.CommandLine;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Configuration;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A study in one YAML file; docs/reference/study-file.md lists the keys.</summary>
internal static class StudyFile
{
    /// <summary>The key of the study's name.</summary>
    public const string Name = "name";

    /// <summary>The key of the runs' options.</summary>
    public const string Run = "run";

    /// <summary>Maximum number of runs in a study.</summary>
    public const int MaxRuns = 10_000;

    private const string Repetitions = "repetitions";
    private const string Stop = "stop";

    private static readonly ConfigKind Kind = new("study", Run, "a study says at least what its runs are, such as 'run: {algorithm: tl}'");

    private static readonly string[] Keys = [Name, Run, StudySweep.Key, Repetitions, Stop, StudyNodes.Key, StudyScheduler.Key];

    /// <summary>Flags by their keys under <c>stop</c>.</summary>
    private static readonly Dictionary<string, string> StopFlags = new(StringComparer.Ordinal)
    {
        ["rounds"] = "--stop_rounds",
        ["accuracy"] = "--stop_accuracy",
        ["loss"] = "--stop_loss",
        ["seconds"] = "--stop_seconds",
        ["bytes"] = "--stop_bytes",
        [StopRules.Patience] = "--early_stopping",
    };

    /// <summary>Reads a file with its includes and plans its runs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="root">The root command, whose options are those of a run.</param>
    /// <param name="flags">The run flags among them.</param>
    /// <param name="workers">Number of concurrent runs on this machine, which share its cores.</param>
    /// <exception cref="UserErrorException">The file is invalid; the message gives file, line, key and a
    /// correction.</exception>
    public static Study Read(string path, Command root, RunFlags flags, int workers = 1)
    {
        ConfigMap file = ConfigIncludes.Read(path, Kind);
        var section = new ConfigSection(file, string.Empty, [.. Keys, ConfigIncludes.Key]);
        ConfigMap? nodes = section.Map(StudyNodes.Key);
        NodeHosting hosting = StudyNodes.ReadHosting(nodes);
        var options = new StudyOptions(flags, root, hosting);
        StudyValue[] shared = Once(
        [
            .. (section.Map(Run)?.Entries ?? []).Select(e => options.Read(Run, e)),
            .. StudyNodes.Read(options, nodes),
            .. ReadStop(options, section.Map(Stop)),
        ]);
        var sweep = new StudySweep(options, section.Map(StudySweep.Key));
        int repetitions = ReadRepetitions(section, sweep);
        var planner = new StudyPlanner(new RunLines(flags, root), shared, sweep) { Hosting = hosting, Workers = workers };
        (IReadOnlyList<StudyRun> runs, int leftOut) = planner.Plan(repetitions);
        return new Study(section.Text(Name) ?? Path.GetFileNameWithoutExtension(path), runs)
        {
            Halving = StudyScheduler.Read(section),
            LeftOut = leftOut,
        };
    }

    private static IEnumerable<StudyValue> ReadStop(StudyOptions options, ConfigMap? map)
    {
        if (map is null)
        {
            return [];
        }

        _ = new ConfigSection(map, Stop, [.. StopFlags.Keys]);
        return map.Entries.Select(e => options.Read(StopFlags[e.Key], $"{Stop}.{e.Key}", e.Value));
    }

    private static StudyValue[] Once(StudyValue[] values)
    {
        foreach (StudyValue[] same in values.GroupBy(v => v.Flag, StringComparer.Ordinal).Select(g => g.ToArray()).Where(g => g.Length > 1))
        {
            throw same[1].At.Wrong(same[1].Key, $"is the same option as {same[0].Key} in {same[0].At}; keep one of them");
        }

        return values;
    }

    private static int ReadRepetitions(ConfigSection section, StudySweep sweep)
    {
        int repetitions = section.Int(Repetitions, 1, MaxRuns) ?? 1;
        if (repetitions > 1 && sweep.Swept.FirstOrDefault(o => RunLines.SeedFlags.Contains(o.Name, StringComparer.Ordinal)) is { } seed)
        {
            throw section.Find(Repetitions)!.At.Wrong(Repetitions, $"every repetition has the next {seed.Name[2..]}, which is swept already: do the one or the other");
        }

        return sweep.Count <= MaxRuns / repetitions
            ? repetitions
            : throw (sweep.At ?? section.At).Wrong(
                StudySweep.Key,
                string.Create(CultureInfo.InvariantCulture, $"{sweep.Count} combinations, {repetitions} times each, are over {MaxRuns} runs; sweep fewer values, or draw fewer samples"));
    }
}
