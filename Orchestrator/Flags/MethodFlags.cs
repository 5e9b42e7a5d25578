using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>How a run is trained, and what methods take that have nodes train on their own.</summary>
internal sealed class MethodFlags
{
    private readonly Flag<double> _clientFraction = Flag.Number(
        "--client_fraction", "Share of the nodes that a round asks, of those that --select leaves to chance", 1, min: 0, max: 1);

    private readonly Flag<int> _localEpochs = Flag.Int("--local_epochs", "A node's passes over its samples in a round", 1, min: 1);
    private readonly Flag<string> _select = Flag.Text("--select", $"Which nodes a round asks: {NodeSelector.Usage}", NodeSelector.All.Keys.First());
    private readonly Flag<string> _aggregator = Flag.Text(
        "--aggregator", $"How their models become one: {string.Join("|", ModelAggregator.All.Keys)}; mean weighs by rows", ModelAggregator.All.Keys.First());

    private readonly Flag<string?> _groups = Flag.OptionalText(
        NodeGroups.Flag, "File with groups of nodes, in lines like 'fast: [1, 2]', for --select, --topology and --availability");

    private readonly Flag<string?> _availability = Flag.OptionalText(
        Availability.Flag,
        $"File that says which nodes are away in a round or fail, at random, in lines like 'slow: p_available=0.8 p_fail=0.1 delay_ms=50' of a group, ids 1-3 or {Availability.All}");

    private readonly Flag<string> _topology = Flag.Text(
        Topology.Flag, $"Who sends models to whom: {Topology.Usage} with lines like '1: [2, 3]'", Topology.Ring.ToString());

    private readonly Flag<ulong?> _topologySeed = Flag.OptionalSeed("--topology_seed", "Seed of a random --topology [default: --seed]");

    /// <summary>How it is trained.</summary>
    public Flag<Algorithm> Algorithm { get; } = Flag.Parsed(
        "--algorithm",
        $"How it is trained: {TrainingMethods.Usage} (docs/reference/methods.md)",
        Orchestration.Options.Algorithm.Traversal,
        "name[:number]",
        TrainingMethods.Parse);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options =>
        [Algorithm.Option, .. SelectionOptions, _aggregator.Option, _localEpochs.Option, _groups.Option, _availability.Option, .. TopologyOptions];

    /// <summary>Those that only some methods take: all but the one that names it.</summary>
    public IEnumerable<Option> MethodOptions => Options.Skip(1);

    private Option[] SelectionOptions => [_clientFraction.Option, _select.Option];

    private Option[] TopologyOptions => [_topology.Option, _topologySeed.Option];

    /// <summary>Whether an algorithm takes a flag; those that are not of methods, every one takes.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="flag">The flag's first name.</param>
    /// <param name="given">All flags that there are, it among them.</param>
    public bool Takes(Algorithm algorithm, string flag, IReadOnlyCollection<string> given) =>
        MethodOptions.FirstOrDefault(o => o.Name == flag) is not { } option
        || (algorithm != Orchestration.Options.Algorithm.Centralized && TakenBy(TrainingMethods.Of(algorithm), given.Contains(Availability.Flag, StringComparer.Ordinal)).Contains(option));

    /// <summary>What the method makes of a run's options.</summary>
    /// <exception cref="UserErrorException">Flags that do not go together, or with the method.</exception>
    public RunOptions Apply(RunOptions options, ParseResult result)
    {
        Algorithm algorithm = Algorithm.Get(result);
        MethodKind kind = TrainingMethods.Of(algorithm);
        if (MethodOptions.Except(TakenBy(kind, _availability.Get(result) is not null)).FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } given)
        {
            throw new UserErrorException(ExitCode.Usage, $"{given.Name} does not belong to --algorithm {algorithm}");
        }

        NodeGroups? groups = _groups.Get(result) is { } value ? NodeGroups.Read(value, options.NumNodes) : null;
        return kind.Adapt(options with
        {
            Algorithm = algorithm,
            Availability = ReadAvailability(result, options, groups),
            Capability = kind.Capability,
            IsDecentralized = kind.IsDecentralized,
            Federation = kind.IsFederated ? ReadFederation(result, kind, options.NumNodes, groups) : null,
        });
    }

    /// <summary>What a method takes; of groups it has no use of its own where it selects no nodes.</summary>
    private Option[] TakenBy(MethodKind kind, bool isAvailabilityGiven) =>
    [
        .. kind.IsDecentralized ? Array.Empty<Option>() : [_availability.Option],
        .. !kind.IsFederated && isAvailabilityGiven ? [_groups.Option] : Array.Empty<Option>(),
        .. kind.IsFederated ? [_localEpochs.Option, _groups.Option] : Array.Empty<Option>(),
        .. kind.IsDecentralized ? TopologyOptions : kind.IsFederated ? SelectionOptions : [],
        .. kind.Averages ? [_aggregator.Option] : Array.Empty<Option>(),
    ];

    private Availability? ReadAvailability(ParseResult result, RunOptions options, NodeGroups? groups)
    {
        Availability? availability = _availability.Get(result) is { } value ? Availability.Read(value, options.NumNodes, groups, options.Seed) : null;
        return availability is { LosesRows: true } && options.OnNodeLoss != OnNodeLoss.Skip
            ? throw new UserErrorException(
                ExitCode.Usage, $"{Availability.Flag}: rows of nodes that are away or fail are left out, as --on_node_loss skip does with lost ones; give that too")
            : availability;
    }

    private Federation ReadFederation(ParseResult result, MethodKind kind, int nodeCount, NodeGroups? groups)
    {
        var federation = new Federation
        {
            ClientFraction = _clientFraction.Get(result),
            LocalEpochs = _localEpochs.Get(result),
            Select = _select.Get(result),
            Aggregator = kind.Averages ? _aggregator.Get(result) : null,
            Groups = groups,
            Topology = Topology.Read(_topology.Get(result), nodeCount),
            TopologySeed = _topologySeed.Get(result),
        };
        NodeSelector.Require(federation.Select, federation.Groups);
        ModelAggregator.Create(_aggregator.Get(result));
        return federation.ClientFraction < 1 && !NodeSelector.IsRandom(federation.Select)
            ? throw new UserErrorException(ExitCode.Usage, $"--client_fraction does not belong to --select {federation.Select}, which leaves nothing to chance")
            : federation;
    }
}
