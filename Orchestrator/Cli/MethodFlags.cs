using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Methods;
using TraversalLearning.Orchestration.Topologies;

namespace TraversalLearning.Orchestration.Cli;

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
        NodeGroups.Flag, "File with groups of nodes, in lines like 'fast: [1, 2]', for --select and --topology");

    private readonly Flag<string> _topology = Flag.Text(
        Topology.Flag, $"Who sends models to whom: {Topology.Usage} with lines like '1: [2, 3]'", Topology.Ring.ToString());

    private readonly Flag<ulong?> _topologySeed = Flag.OptionalSeed("--topology_seed", "Seed of a random --topology [default: --seed]");

    /// <summary>How it is trained.</summary>
    public Flag<Algorithm> Algorithm { get; } = Flag.Parsed(
        "--algorithm",
        $"How it is trained: {TrainingMethods.Usage} (docs/methods.md)",
        Orchestration.Algorithm.Traversal,
        "name[:number]",
        TrainingMethods.Parse);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options =>
        [Algorithm.Option, .. SelectionOptions, _aggregator.Option, _localEpochs.Option, _groups.Option, .. TopologyOptions];

    /// <summary>Those that only some methods take: all but the one that names it.</summary>
    public IEnumerable<Option> MethodOptions => Options.Skip(1);

    private Option[] SelectionOptions => [_clientFraction.Option, _select.Option];

    private Option[] TopologyOptions => [_topology.Option, _topologySeed.Option];

    /// <summary>Whether an algorithm takes a flag; those that are not of methods, every one takes.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="flag">The flag's first name.</param>
    public bool Takes(Algorithm algorithm, string flag) =>
        MethodOptions.FirstOrDefault(o => o.Name == flag) is not { } option
        || (algorithm != Orchestration.Algorithm.Centralized && TakenBy(TrainingMethods.Of(algorithm)).Contains(option));

    /// <summary>What the method makes of a run's options.</summary>
    /// <exception cref="UserErrorException">Flags that do not go together, or with the method.</exception>
    public RunOptions Apply(RunOptions options, ParseResult result)
    {
        Algorithm algorithm = Algorithm.Get(result);
        MethodKind kind = TrainingMethods.Of(algorithm);
        if (MethodOptions.Except(TakenBy(kind)).FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } given)
        {
            throw new UserErrorException(ExitCode.Usage, $"{given.Name} does not belong to --algorithm {algorithm}");
        }

        return kind.Adapt(options with
        {
            Algorithm = algorithm,
            Capability = kind.Capability,
            IsDecentralized = kind.IsDecentralized,
            Federation = kind.IsFederated ? ReadFederation(result, kind, options.NumNodes) : null,
        });
    }

    private Option[] TakenBy(MethodKind kind) =>
    [
        .. kind.IsFederated ? [_localEpochs.Option, _groups.Option] : Array.Empty<Option>(),
        .. kind.IsDecentralized ? TopologyOptions : kind.IsFederated ? SelectionOptions : [],
        .. kind.Averages ? [_aggregator.Option] : Array.Empty<Option>(),
    ];

    private Federation ReadFederation(ParseResult result, MethodKind kind, int nodeCount)
    {
        var federation = new Federation
        {
            ClientFraction = _clientFraction.Get(result),
            LocalEpochs = _localEpochs.Get(result),
            Select = _select.Get(result),
            Aggregator = kind.Averages ? _aggregator.Get(result) : null,
            Groups = _groups.Get(result) is { } groups ? NodeGroups.Read(groups, nodeCount) : null,
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
