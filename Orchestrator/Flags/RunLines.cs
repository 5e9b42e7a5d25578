using System.CommandLine;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// Builds the command lines of single runs from shared flags, and parses them exactly as the program would. A run is
/// thus fully defined by its command line, and errors in any run are found before the first starts.
/// </summary>
/// <param name="flags">The flags of a run.</param>
/// <param name="root">The root command, which executes a run.</param>
internal sealed class RunLines(RunFlags flags, Command root)
{
    public const string Algorithm = "--algorithm";

    public const string Threads = "--threads";

    private const string Seed = "--seed";
    private const string PartitionSeed = "--partition_seed";
    private const string TopologySeed = "--topology_seed";

    /// <summary>The flags that differ between repetitions.</summary>
    public static IReadOnlyList<string> SeedFlags { get; } = [Seed, PartitionSeed, TopologySeed];

    /// <summary>
    /// The default number of threads of a run. It is always written out, because it affects rounding, and because all
    /// cores are too many for each of several processes.
    /// </summary>
    /// <param name="nodes">Number of nodes, which compute too.</param>
    /// <param name="workers">Number of concurrent runs.</param>
    public static string ThreadShare(int nodes, int workers = 1) =>
        Math.Max(1, Environment.ProcessorCount / (nodes + 1) / workers).ToString(CultureInfo.InvariantCulture);

    /// <summary>The words of a command line.</summary>
    public static IEnumerable<string> Words(Command command, SortedDictionary<string, string> given) => given.SelectMany(g =>
        command.Options.Single(o => o.Name == g.Key).ValueType != typeof(bool) ? [g.Key, g.Value]
        : g.Value == "true" ? [g.Key]
        : (string[])[$"{g.Key}={g.Value}"]);

    /// <summary>The random elements and their seeds. The topology uses the run's seed unless it has its own.</summary>
    public static (string Flag, ulong Value)[] Seeds(SortedDictionary<string, string> given, RunOptions options) =>
    [
        (Seed, options.Seed),
        (PartitionSeed, options.PartitionSeed),
        .. given.TryGetValue(TopologySeed, out string? own) ? [(TopologySeed, ulong.Parse(own, CultureInfo.InvariantCulture))] : Array.Empty<(string, ulong)>(),
    ];

    /// <summary>A seed too large for this many repetitions; <see langword="null"/> if none is.</summary>
    public static ulong? TooLargeSeed(SortedDictionary<string, string> given, RunOptions options, int repetitions)
    {
        ulong last = Seeds(given, options).Max(s => s.Value);
        return last > ulong.MaxValue - (ulong)repetitions ? last : null;
    }

    /// <summary>The flags of a repetition, from 1: each seed is increased by the repetition less one.</summary>
    public static SortedDictionary<string, string> OfRepetition(SortedDictionary<string, string> given, RunOptions options, int repetition)
    {
        var ofRun = new SortedDictionary<string, string>(given, StringComparer.Ordinal);
        foreach ((string flag, ulong seed) in Seeds(given, options))
        {
            ofRun[flag] = (seed + (ulong)repetition - 1).ToString(CultureInfo.InvariantCulture);
        }

        return ofRun;
    }

    /// <summary>The flags that an algorithm accepts, including <c>--algorithm</c>.</summary>
    public SortedDictionary<string, string> Of(Algorithm algorithm, IEnumerable<KeyValuePair<string, string>> given)
    {
        var all = given.ToDictionary(StringComparer.Ordinal);
        return new(all.Where(g => flags.Takes(algorithm, g.Key, all.Keys)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [Algorithm] = algorithm.ToString(),
        };
    }

    /// <summary>Parses a run's flags as the program would.</summary>
    /// <exception cref="UserErrorException">Invalid or incompatible flags.</exception>
    public RunLine Read(SortedDictionary<string, string> given)
    {
        string[] words = [.. Words(root, given)];
        ParseResult parsed = root.Parse(words);
        return parsed.Errors.Count == 0
            ? new RunLine(words, flags.ReadRun(parsed), GivenFlags.ForCheckpoint(flags, parsed))
            : throw new UserErrorException(ExitCode.Usage, parsed.Errors[0].Message);
    }
}

/// <summary>A run with its command line.</summary>
/// <param name="Words">The command line.</param>
/// <param name="Options">The parsed options.</param>
/// <param name="Given">The same as flags and values, for checkpoints.</param>
internal sealed record RunLine(IReadOnlyList<string> Words, RunOptions Options, IReadOnlyDictionary<string, string> Given);
