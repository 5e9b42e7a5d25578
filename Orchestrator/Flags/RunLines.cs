using System.CommandLine;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// Makes command lines of single runs out of flags that several share, and reads them as the program would that was started with them. So a run is what
/// its command says, and whatever is wrong with one is found before the first begins.
/// </summary>
/// <param name="flags">Of runs.</param>
/// <param name="root">The orchestrator's own command, which is a run.</param>
internal sealed class RunLines(RunFlags flags, Command root)
{
    /// <summary>How a run is trained.</summary>
    public const string Algorithm = "--algorithm";

    /// <summary>With how many threads it computes.</summary>
    public const string Threads = "--threads";

    private const string Seed = "--seed";
    private const string PartitionSeed = "--partition_seed";
    private const string TopologySeed = "--topology_seed";

    /// <summary>What each repetition has its own of.</summary>
    public static IReadOnlyList<string> SeedFlags { get; } = [Seed, PartitionSeed, TopologySeed];

    /// <summary>
    /// How many threads a run has that names none. Each names them: how many there are decides the last digits, and all of a machine's are too many for
    /// each of several processes.
    /// </summary>
    /// <param name="nodes">Of the run, which compute too.</param>
    /// <param name="workers">How many runs there are at once.</param>
    public static string ThreadShare(int nodes, int workers = 1) =>
        Math.Max(1, Environment.ProcessorCount / (nodes + 1) / workers).ToString(CultureInfo.InvariantCulture);

    /// <summary>The words of a command line.</summary>
    public static IEnumerable<string> Words(Command command, SortedDictionary<string, string> given) => given.SelectMany(g =>
        command.Options.Single(o => o.Name == g.Key).ValueType != typeof(bool) ? [g.Key, g.Value]
        : g.Value == "true" ? [g.Key]
        : (string[])[$"{g.Key}={g.Value}"]);

    /// <summary>What is random, and from which seed. The topology's is the run's, unless it has one of its own.</summary>
    public static (string Flag, ulong Value)[] Seeds(SortedDictionary<string, string> given, RunOptions options) =>
    [
        (Seed, options.Seed),
        (PartitionSeed, options.PartitionSeed),
        .. given.TryGetValue(TopologySeed, out string? own) ? [(TopologySeed, ulong.Parse(own, CultureInfo.InvariantCulture))] : Array.Empty<(string, ulong)>(),
    ];

    /// <summary>A seed that has no room for so many repetitions; <see langword="null"/> if all have.</summary>
    public static ulong? TooLargeSeed(SortedDictionary<string, string> given, RunOptions options, int repetitions)
    {
        ulong last = Seeds(given, options).Max(s => s.Value);
        return last > ulong.MaxValue - (ulong)repetitions ? last : null;
    }

    /// <summary>The flags of a repetition, from 1: every seed is so much larger, less one.</summary>
    public static SortedDictionary<string, string> OfRepetition(SortedDictionary<string, string> given, RunOptions options, int repetition)
    {
        var ofRun = new SortedDictionary<string, string>(given, StringComparer.Ordinal);
        foreach ((string flag, ulong seed) in Seeds(given, options))
        {
            ofRun[flag] = (seed + (ulong)repetition - 1).ToString(CultureInfo.InvariantCulture);
        }

        return ofRun;
    }

    /// <summary>The flags that an algorithm takes, and itself.</summary>
    public SortedDictionary<string, string> Of(Algorithm algorithm, IEnumerable<KeyValuePair<string, string>> given)
    {
        var all = given.ToDictionary(StringComparer.Ordinal);
        return new(all.Where(g => flags.Takes(algorithm, g.Key, all.Keys)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            [Algorithm] = algorithm.ToString(),
        };
    }

    /// <summary>Reads a run's flags as the program would.</summary>
    /// <exception cref="UserErrorException">They are wrong, or do not go together.</exception>
    public RunLine Read(SortedDictionary<string, string> given)
    {
        string[] words = [.. Words(root, given)];
        ParseResult parsed = root.Parse(words);
        return parsed.Errors.Count == 0
            ? new RunLine(words, flags.ReadRun(parsed), GivenFlags.ForCheckpoint(flags, parsed))
            : throw new UserErrorException(ExitCode.Usage, parsed.Errors[0].Message);
    }
}

/// <summary>A run as its command line says it.</summary>
/// <param name="Words">The command line.</param>
/// <param name="Options">What it means.</param>
/// <param name="Given">The same as flags and values, for checkpoints.</param>
internal sealed record RunLine(IReadOnlyList<string> Words, RunOptions Options, IReadOnlyDictionary<string, string> Given);
