using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Chooses nodes for a round.</summary>
/// <param name="round">Which round.</param>
/// <param name="candidates">Nodes that hold samples and are there, ascending; at least one.</param>
/// <param name="fraction">Of <c>--client_fraction</c>.</param>
/// <param name="random">A generator of the round's own.</param>
/// <returns>Some of them, ascending; none where it may ask none of them.</returns>
internal delegate IReadOnlyList<int> SelectionRule(Round round, IReadOnlyList<int> candidates, double fraction, SeededRandom random);

/// <summary>
/// Which nodes a round asks. It depends on seed and round alone, so that a resumed run asks the same. Nodes without samples are never asked.
/// Another rule is a function and a line of <see cref="All"/>.
/// </summary>
internal sealed class NodeSelector
{
    // "select": keeps this use of the seed apart from others.
    private const ulong Stream = 0x73656c656374;

    private readonly IReadOnlyList<int> _sampleCounts;
    private readonly int[] _candidates;
    private readonly SelectionRule _rule;
    private readonly double _fraction;
    private readonly ulong _seed;
    private readonly Availability? _availability;

    /// <summary>A selector for one run.</summary>
    /// <param name="rule">How it chooses.</param>
    /// <param name="fraction">Of <c>--client_fraction</c>.</param>
    /// <param name="sampleCounts">How many samples node 1, 2, … hold; at least one holds some.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="availability">Which nodes are away in a round: it chooses among the others. <see langword="null"/> if all are there.</param>
    /// <exception cref="UserErrorException">The rule is of nodes that hold no samples.</exception>
    public NodeSelector(SelectionRule rule, double fraction, IReadOnlyList<int> sampleCounts, ulong seed, Availability? availability = null)
    {
        _rule = rule;
        _fraction = fraction;
        _sampleCounts = sampleCounts;
        _candidates = [.. Enumerable.Range(1, sampleCounts.Count).Where(node => SamplesOf(node) > 0)];
        _seed = seed;
        _availability = availability;
        if (SelectAmong(_candidates, new Round(1, 0)).Count == 0)
        {
            throw new UserErrorException(ExitCode.Data, "--select: none of the nodes that it names holds samples");
        }
    }

    /// <summary>The rules by their names; the first is the default of the command line.</summary>
    public static IReadOnlyDictionary<string, SelectionRule> All { get; } = new Dictionary<string, SelectionRule>(StringComparer.Ordinal)
    {
        ["random"] = Random,
        ["all"] = static (_, candidates, _, _) => candidates,
    };

    /// <summary>The selector that a run's options name.</summary>
    /// <exception cref="UserErrorException">There is none of that name.</exception>
    public static NodeSelector Create(RunOptions options, IReadOnlyList<int> sampleCounts) =>
        new(Require(options.Federation!.Select, options.Federation!.Groups), options.Federation!.ClientFraction, sampleCounts, options.Seed, options.Availability);

    /// <summary>How <c>--select</c> may be spelled.</summary>
    public static string Usage { get; } = $"{string.Join('|', All.Keys)}|{GroupSelection.Prefix}NAME|{GroupSelection.InTurn}";

    /// <summary>The rule of a name.</summary>
    /// <param name="name">As <c>--select</c> spells it.</param>
    /// <param name="groups">Of the run, if it has some.</param>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static SelectionRule Require(string name, NodeGroups? groups) => GroupSelection.IsMeant(name)
        ? GroupSelection.Rule(name, groups, Random)
        : All.TryGetValue(name, out SelectionRule? rule)
            ? rule
            : throw new UserErrorException(ExitCode.Usage, $"--select {name}: there is no such rule; use one of {Usage}");

    /// <summary>Whether a rule takes some nodes by chance.</summary>
    public static bool IsRandom(string name) =>
        string.Equals(name, All.Keys.First(), StringComparison.Ordinal) || name.StartsWith(GroupSelection.Prefix, StringComparison.Ordinal);

    /// <summary>How many samples a node holds.</summary>
    public long SamplesOf(int node) => _sampleCounts[node - 1];

    /// <summary>The nodes of a round, ascending; none if all are away.</summary>
    public IReadOnlyList<int> Select(Round round)
    {
        int[] present = _availability is null ? _candidates : [.. _candidates.Where(node => !_availability.Of(round.Epoch, round.Index, node).IsAway)];
        return present.Length > 0 ? SelectAmong(present, round) : [];
    }

    private IReadOnlyList<int> SelectAmong(int[] candidates, Round round) =>
        _rule(round, candidates, _fraction, SeededRandom.ForStream(_seed, Stream, (ulong)round.Epoch, (ulong)round.Index));

    /// <summary>max(1, C·K) of the K nodes, each set of them as likely.</summary>
    private static IReadOnlyList<int> Random(Round round, IReadOnlyList<int> candidates, double fraction, SeededRandom random)
    {
        int[] order = [.. candidates];
        random.Shuffle<int>(order);
        return [.. order.Take(Math.Max(1, (int)Math.Round(fraction * order.Length, MidpointRounding.AwayFromZero))).Order()];
    }
}
