using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Selects the nodes of a round.</summary>
/// <param name="round">The round.</param>
/// <param name="candidates">Available nodes with samples, ascending; at least one.</param>
/// <param name="fraction">The value of <c>--client_fraction</c>.</param>
/// <param name="random">The round's own generator.</param>
/// <returns>The selected nodes, ascending; empty if the rule excludes all candidates.</returns>
internal delegate IReadOnlyList<int> SelectionRule(Round round, IReadOnlyList<int> candidates, double fraction, SeededRandom random);

/// <summary>
/// Selects the nodes of a round. The selection depends on seed and round alone, so that a resumed run selects the same
/// nodes. Nodes without samples are never selected. To add a rule, write a function and a line in <see cref="All"/>.
/// </summary>
internal sealed class NodeSelector
{
    // "select": separates this use of the seed from others.
    private const ulong Stream = 0x73656c656374;

    private readonly IReadOnlyList<int> _sampleCounts;
    private readonly int[] _candidates;
    private readonly SelectionRule _rule;
    private readonly double _fraction;
    private readonly ulong _seed;
    private readonly Availability? _availability;

    /// <summary>Creates the selector of a run.</summary>
    /// <param name="rule">The selection rule.</param>
    /// <param name="fraction">The value of <c>--client_fraction</c>.</param>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, …; at least one is positive.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="availability">Absent nodes by round; the selection is made among the others. <see langword="null"/>
    /// if all are available.</param>
    /// <exception cref="UserErrorException">The rule covers only nodes without samples.</exception>
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

    /// <summary>The rules by name; the first is the default on the command line.</summary>
    public static IReadOnlyDictionary<string, SelectionRule> All { get; } = new Dictionary<string, SelectionRule>(StringComparer.Ordinal)
    {
        ["random"] = Random,
        ["all"] = static (_, candidates, _, _) => candidates,
    };

    /// <summary>The selector named by a run's options.</summary>
    /// <exception cref="UserErrorException">Unknown name.</exception>
    public static NodeSelector Create(RunOptions options, IReadOnlyList<int> sampleCounts) =>
        new(Require(options.Federation!.Select, options.Federation!.Groups), options.Federation!.ClientFraction, sampleCounts, options.Seed, options.Availability);

    /// <summary>Syntax of <c>--select</c>.</summary>
    public static string Usage { get; } = $"{string.Join('|', All.Keys)}|{GroupSelection.Prefix}NAME|{GroupSelection.InTurn}";

    /// <summary>The rule of that name.</summary>
    /// <param name="name">The value of <c>--select</c>.</param>
    /// <param name="groups">The run's groups, if it has any.</param>
    /// <exception cref="UserErrorException">Unknown name.</exception>
    public static SelectionRule Require(string name, NodeGroups? groups) => GroupSelection.IsMeant(name)
        ? GroupSelection.Rule(name, groups, Random)
        : All.TryGetValue(name, out SelectionRule? rule)
            ? rule
            : throw new UserErrorException(ExitCode.Usage, $"--select {name}: there is no such rule; use one of {Usage}");

    /// <summary>Whether a rule selects nodes at random.</summary>
    public static bool IsRandom(string name) =>
        string.Equals(name, All.Keys.First(), StringComparison.Ordinal) || name.StartsWith(GroupSelection.Prefix, StringComparison.Ordinal);

    /// <summary>Number of samples on a node.</summary>
    public long SamplesOf(int node) => _sampleCounts[node - 1];

    /// <summary>The nodes of a round, ascending; empty if all are absent.</summary>
    public IReadOnlyList<int> Select(Round round)
    {
        int[] present = _availability is null ? _candidates : [.. _candidates.Where(node => !_availability.Of(round.Epoch, round.Index, node).IsAway)];
        return present.Length > 0 ? SelectAmong(present, round) : [];
    }

    private IReadOnlyList<int> SelectAmong(int[] candidates, Round round) =>
        _rule(round, candidates, _fraction, SeededRandom.ForStream(_seed, Stream, (ulong)round.Epoch, (ulong)round.Index));

    /// <summary>Selects max(1, C·K) of K nodes, uniformly.</summary>
    private static IReadOnlyList<int> Random(Round round, IReadOnlyList<int> candidates, double fraction, SeededRandom random)
    {
        int[] order = [.. candidates];
        random.Shuffle<int>(order);
        return [.. order.Take(Math.Max(1, (int)Math.Round(fraction * order.Length, MidpointRounding.AwayFromZero))).Order()];
    }
}
