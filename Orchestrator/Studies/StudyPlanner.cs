using System.Text.RegularExpressions;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// Plans the runs of a study from its file; each command line is parsed exactly as the program would. As in
/// <c>compare</c>, shared options go only to runs whose algorithm accepts them. Duplicate runs are merged.
/// </summary>
/// <param name="lines">Builds the command lines.</param>
/// <param name="shared">The options that all runs share.</param>
/// <param name="sweep">The options that vary.</param>
internal sealed partial class StudyPlanner(RunLines lines, IReadOnlyList<StudyValue> shared, StudySweep sweep)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Where nodes are hosted.</summary>
    public NodeHosting Hosting { get; init; }

    /// <summary>Number of concurrent runs, which share the machine.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>The runs, all of a repetition before the next, and the number of duplicates left out.</summary>
    /// <exception cref="UserErrorException">Incompatible values; the message gives the position.</exception>
    public (IReadOnlyList<StudyRun> Runs, int LeftOut) Plan(int repetitions)
    {
        string[] swept = [.. sweep.Swept.Select(o => o.Name)];
        if (swept.Contains(RunLines.Threads, StringComparer.Ordinal))
        {
            throw sweep.At!.Wrong(StudySweep.Key, "all runs of a study have one number of threads: give 'threads' under run");
        }

        List<Draft> drafts = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        int leftOut = 0;
        foreach (IReadOnlyList<StudyValue> combination in sweep.Combinations())
        {
            Draft draft = PlanOne([.. shared.Where(s => !swept.Contains(s.Flag, StringComparer.Ordinal)), .. combination], swept, repetitions);
            if (seen.Add(ShellWords.Join(draft.Line.Words)))
            {
                drafts.Add(draft);
            }
            else
            {
                leftOut += repetitions;
            }
        }

        if (shared.Concat(sweep.Combinations().First()).FirstOrDefault(v => !_taken.Contains(v.Flag)) is { } idle)
        {
            throw idle.At.Wrong(idle.Key, "no algorithm of this study takes it; leave it out");
        }

        // One number for all: a worker executes many runs in one process, whose thread count is fixed once.
        string threads = RunLines.ThreadShare(drafts.Max(d => d.Line.Options.NumNodes), Workers);
        drafts.ForEach(d => d.Given.TryAdd(RunLines.Threads, threads));
        var names = new StudyRunNames();
        return ([.. from repetition in Enumerable.Range(1, repetitions) from draft in drafts select Repeat(draft, names, repetition)], leftOut);
    }

    private Draft PlanOne(StudyValue[] values, string[] swept, int repetitions)
    {
        try
        {
            string? named = values.LastOrDefault(v => v.Flag == RunLines.Algorithm)?.Value;
            Algorithm algorithm = named is null ? Algorithm.Traversal : TrainingMethods.Parse(named);
            SortedDictionary<string, string> given = lines.Of(algorithm, values.Select(v => KeyValuePair.Create(v.Flag, v.Value)));
            _taken.UnionWith(given.Keys);
            RunOptions options = lines.Read(given).Options;
            if (!options.HasTestSet && Hosting != NodeHosting.Hosts)
            {
                throw new UserErrorException(
                    ExitCode.Usage, $"nodes that are started with a run take their part of --dataset, which is {options.Dataset}; name a data set, or have nodes come by 'hosting: hosts'");
            }

            return RunLines.TooLargeSeed(given, options, repetitions) is { } seed
                ? throw new UserErrorException(ExitCode.Usage, $"{seed} is too large a seed for {repetitions} repetitions")
                : new Draft(given, lines.Read(given), Settings(given, swept));
        }
        catch (UserErrorException e)
        {
            throw Located(e, values, swept);
        }
    }

    private StudyRun Repeat(Draft draft, StudyRunNames names, int repetition)
    {
        SortedDictionary<string, string> given = RunLines.OfRepetition(draft.Given, draft.Line.Options, repetition);
        RunLine line = lines.Read(given);
        string name = names.Of(Settings(given, [.. draft.Settings.Keys.Select(k => $"--{k}")]), line.Options.Seed);
        return new StudyRun(name, draft.Settings, repetition, line.Words) { Hosting = Hosting, Configuration = StudyConfiguration.Of(name, Hosting, given) };
    }

    private static OrderedDictionary<string, string> Settings(SortedDictionary<string, string> given, string[] swept)
    {
        var settings = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string flag in swept)
        {
            settings[flag[2..]] = given.GetValueOrDefault(flag, string.Empty);
        }

        return settings;
    }

    /// <summary>
    /// The error with the position of the value that it names, and with the run's distinguishing settings.
    /// </summary>
    private static UserErrorException Located(UserErrorException error, StudyValue[] values, string[] swept)
    {
        IEnumerable<string> flags = Flags().Matches(error.Message).Select(m => m.Value);
        StudyValue? place = flags.Select(f => values.FirstOrDefault(v => v.Flag == f)).FirstOrDefault(v => v is not null)
            ?? values.FirstOrDefault(v => v.Value.Length > 2 && error.Message.Contains(v.Value, StringComparison.Ordinal))
            ?? values.LastOrDefault();
        string run = string.Join(", ", values.Where(v => swept.Contains(v.Flag, StringComparer.Ordinal)).Select(v => $"{v.Flag[2..]} {v.Value}"));
        string message = run.Length > 0 ? $"with {run}: {error.Message}" : error.Message;
        return place is null ? error : new UserErrorException(error.ExitCode, place.At.Wrong(place.Key, message).Message, error);
    }

    [GeneratedRegex("--[a-z_-]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flags();

    /// <summary>A run before it gets the seeds of its repetition.</summary>
    private sealed record Draft(SortedDictionary<string, string> Given, RunLine Line, IReadOnlyDictionary<string, string> Settings);
}
