using System.CommandLine;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Comparison;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>
/// Makes the command line of every run of a comparison, and reads it as the program would that was started with it. So a run is what its command
/// says, and whatever is wrong with one is found before the first begins.
/// </summary>
/// <param name="flags">Of runs.</param>
/// <param name="own">Of <c>compare</c>.</param>
internal sealed class ComparisonPlanner(RunFlags flags, CompareFlags own)
{
    private const string Algorithm = "--algorithm";
    private const string Seed = "--seed";
    private const string PartitionSeed = "--partition_seed";
    private const string TopologySeed = "--topology_seed";
    private const string Threads = "--threads";

    /// <summary>The runs: all algorithms of a repetition, then those of the next.</summary>
    /// <exception cref="UserErrorException">Flags that do not go together, or with one of the algorithms.</exception>
    public IReadOnlyList<PlannedRun> Plan(ParseResult arguments)
    {
        RunOptions first = flags.Read(arguments);
        if (first.AnyCut || first.AnyExchange || first.AnyThreads)
        {
            throw new UserErrorException(
                ExitCode.Usage, "compare takes one --cut, one --exchange and a number of --threads, not auto: its runs are to compute alike, and again the same");
        }

        int repetitions = own.Repetitions.Get(arguments);
        SortedDictionary<string, string> given = Given(arguments, first);
        ulong last = Seeds(given, first).Max(s => s.Value);
        if (last > ulong.MaxValue - (ulong)repetitions)
        {
            throw new UserErrorException(ExitCode.Usage, $"{last} is too large a seed for {repetitions} --repetitions");
        }

        return
        [
            .. from repetition in Enumerable.Range(1, repetitions)
               from algorithm in own.Algorithms.Get(arguments).Algorithms
               select PlanOne(arguments, given, first, algorithm, repetition),
        ];
    }

    /// <summary>The command that makes the comparison again, wherever its folder is.</summary>
    public string CommandOf(ParseResult arguments)
    {
        SortedDictionary<string, string> given = GivenFlags.Of(arguments);
        given.Remove(own.Output.Option.Name);
        given.Remove(own.NodeProgram.Option.Name);
        foreach (Option option in own.Observation.Options)
        {
            given.Remove(option.Name);
        }

        return $"dotnet run -c Release --project Orchestrator -- {ShellWords.Join([arguments.CommandResult.Command.Name, .. Words(arguments.CommandResult.Command, given)])}";
    }

    /// <summary>The flags that all runs share.</summary>
    private SortedDictionary<string, string> Given(ParseResult arguments, RunOptions options)
    {
        SortedDictionary<string, string> given = GivenFlags.Of(arguments);
        foreach (Option option in own.Options)
        {
            given.Remove(option.Name);
        }

        // Named in any case: how many there are decides the last digits, and all of a machine's are too many for each of several processes.
        int share = Math.Max(1, Environment.ProcessorCount / (options.NumNodes + 1));
        given.TryAdd(Threads, share.ToString(CultureInfo.InvariantCulture));
        return given;
    }

    private PlannedRun PlanOne(ParseResult arguments, SortedDictionary<string, string> given, RunOptions first, Algorithm algorithm, int repetition)
    {
        ulong offset = (ulong)repetition - 1;
        var ofRun = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string flag, string value) in given.Where(g => flags.Takes(algorithm, g.Key)))
        {
            ofRun[flag] = value;
        }

        ofRun[Algorithm] = algorithm.ToString();
        foreach ((string flag, ulong seed) in Seeds(ofRun, first))
        {
            ofRun[flag] = (seed + offset).ToString(CultureInfo.InvariantCulture);
        }

        Command root = arguments.RootCommandResult.Command;
        string[] words = [.. Words(root, ofRun)];
        ParseResult parsed = root.Parse(words);
        if (parsed.Errors.Count > 0)
        {
            throw new UserErrorException(ExitCode.Usage, $"--algorithms {algorithm}: {parsed.Errors[0].Message}");
        }

        try
        {
            // Any port that is free: which one, does not change the result.
            return new PlannedRun(repetition, flags.ReadRun(parsed) with { Port = 0 }, words, GivenFlags.ForCheckpoint(flags, parsed));
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException(e.ExitCode, $"--algorithms {algorithm}: {e.Message}", e);
        }
    }

    /// <summary>What is random, and from which seed. The topology's is the run's, unless it has one of its own.</summary>
    private static (string Flag, ulong Value)[] Seeds(SortedDictionary<string, string> given, RunOptions options) =>
    [
        (Seed, options.Seed),
        (PartitionSeed, options.PartitionSeed),
        .. given.TryGetValue(TopologySeed, out string? own) ? [(TopologySeed, ulong.Parse(own, CultureInfo.InvariantCulture))] : Array.Empty<(string, ulong)>(),
    ];

    private static IEnumerable<string> Words(Command command, SortedDictionary<string, string> given) => given.SelectMany(g =>
        command.Options.Single(o => o.Name == g.Key).ValueType != typeof(bool) ? [g.Key, g.Value]
        : g.Value == "true" ? [g.Key]
        : (string[])[$"{g.Key}={g.Value}"]);
}
