using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of the training method, and of methods with local training.</summary>
internal sealed class MethodFlags : FlagSection
{
    private const FlagUse Uses = FlagUse.Run | FlagUse.Compare;

    private readonly RunFlag<double> _clientFraction;
    private readonly RunFlag<int> _localEpochs;
    private readonly RunFlag<string> _select;
    private readonly RunFlag<string> _aggregator;
    private readonly RunFlag<string?> _groups;
    private readonly RunFlag<string?> _availability;
    private readonly RunFlag<string> _topology;
    private readonly RunFlag<ulong?> _topologySeed;

    public MethodFlags()
    {
        var federation = new Federation();
        Algorithm = Add(new RunFlag<Algorithm>(
            Flag.Parsed("--algorithm", "[method](methods.md) of training", Default.Algorithm, TrainingMethods.Usage, TrainingMethods.Parse), o => o.Algorithm)
        {
            Effect = FlagEffect.Result,
            Identity = o => o.Algorithm == Traversal || o.Algorithm == Centralized ? null : o.Algorithm.ToString(),
        });
        _clientFraction = Add(new RunFlag<double>(
            Flag.Number("--client_fraction", "share of the nodes that a round asks, of those that `--select` leaves to chance", federation.ClientFraction, min: 0, max: 1),
            o => o.Federation!.ClientFraction)
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            AppliesTo = Selects,
        });
        _select = Add(new RunFlag<string>(
            Flag.Text("--select", "which nodes a round asks", federation.Select, NodeSelector.Usage), o => o.Federation!.Select)
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            AppliesTo = Selects,
        });
        _aggregator = Add(new RunFlag<string>(
            Flag.Text(
                "--aggregator", "how models are averaged: weighted by rows, or uniformly", federation.Aggregator!, string.Join('|', ModelAggregator.All.Keys)),
            o => o.Federation!.Aggregator!)
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            AppliesTo = o => Selects(o) && o.Federation!.Aggregator is not null,
        });
        _localEpochs = Add(new RunFlag<int>(
            Flag.Int("--local_epochs", "a node's passes over its samples in a round", federation.LocalEpochs, min: 1), o => o.Federation!.LocalEpochs)
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.Federation is not null,
        });
        _groups = Add(new RunFlag<string?>(
            Flag.OptionalText(NodeGroups.Flag, "file with [groups](methods.md#groups) of nodes, for `--select`, `--topology` and `--availability`"),
            o => o.Federation?.Groups?.ToString())
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            IsFile = true,
        });
        _availability = Add(new RunFlag<string?>(
            Flag.OptionalText(Availability.Flag, "file with nodes that are absent or fail at random ([simulated availability](training.md#simulated-availability))"),
            o => o.Availability?.ToString())
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            IsFile = true,
        });
        _topology = Add(new RunFlag<string>(
            Flag.Text(Topology.Flag, "neighbours of each node with `gossip` ([topologies](methods.md#topologies))", federation.Topology.ToString(), Topology.Usage),
            o => o.Federation!.Topology.ToString())
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            IsFile = true,
            AppliesTo = o => o.IsDecentralized,
        });
        _topologySeed = Add(new RunFlag<ulong?>(
            Flag.OptionalSeed("--topology_seed", "seed of a random `--topology`", without: "`--seed`"), o => o.Federation!.TopologySeed ?? o.Seed)
        {
            Uses = Uses,
            Effect = FlagEffect.Result,
            AppliesTo = o => o.IsDecentralized,
        });
    }

    public RunFlag<Algorithm> Algorithm { get; }

    private static Algorithm Traversal => Orchestration.Options.Algorithm.Traversal;

    private static Algorithm Centralized => Orchestration.Options.Algorithm.Centralized;

    /// <summary>The flags that only some methods accept: all except the method itself.</summary>
    private IEnumerable<RunFlag> OfMethods => Flags.Skip(1);

    /// <summary>
    /// Whether an algorithm accepts a flag; flags outside this section are accepted by every algorithm.
    /// </summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="flag">The flag's first name.</param>
    /// <param name="given">All given flags, including this one.</param>
    public bool Takes(Algorithm algorithm, string flag, IReadOnlyCollection<string> given) =>
        OfMethods.FirstOrDefault(f => f.Name == flag) is not { } ofMethods
        || (algorithm != Centralized && TakenBy(TrainingMethods.Of(algorithm), given.Contains(Availability.Flag, StringComparer.Ordinal)).Contains(ofMethods));

    /// <summary>Applies the method to a run's options.</summary>
    /// <exception cref="UserErrorException">Flags incompatible with each other or with the method.</exception>
    public RunOptions Apply(RunOptions options, ParseResult result)
    {
        Algorithm algorithm = Algorithm.Get(result);
        MethodKind kind = TrainingMethods.Of(algorithm);
        if (OfMethods.Except(TakenBy(kind, _availability.Get(result) is not null)).FirstOrDefault(f => result.GetResult(f.Option) is { Implicit: false }) is { } given)
        {
            throw new UserErrorException(ExitCode.Usage, $"{given.Name} does not belong to --algorithm {algorithm}");
        }

        NodeGroups? groups = _groups.Get(result) is { } value ? NodeGroups.Read(value, options.NumNodes) : null;
        return kind.Adapt(options with
        {
            Algorithm = algorithm,
            Availability = ReadAvailability(result, options, groups),
            Capability = kind.Capability ?? (options.Exchange == Exchange.Blind ? Hello.BlindCapability : null),
            IsDecentralized = kind.IsDecentralized,
            Federation = kind.IsFederated ? ReadFederation(result, kind, options.NumNodes, groups) : null,
        });
    }

    /// <summary>
    /// The flags that a method accepts; a method without node selection accepts <c>--groups</c> only together with
    /// <c>--availability</c>.
    /// </summary>
    private RunFlag[] TakenBy(MethodKind kind, bool isAvailabilityGiven) =>
    [
        .. kind.IsDecentralized ? Array.Empty<RunFlag>() : [_availability],
        .. !kind.IsFederated && isAvailabilityGiven ? [_groups] : Array.Empty<RunFlag>(),
        .. kind.IsFederated ? [_localEpochs, _groups] : Array.Empty<RunFlag>(),
        .. kind.IsDecentralized ? [_topology, _topologySeed] : kind.IsFederated ? [_clientFraction, _select] : Array.Empty<RunFlag>(),
        .. kind.Averages ? [_aggregator] : Array.Empty<RunFlag>(),
    ];

    private static bool Selects(RunOptions options) => options is { Federation: not null, IsDecentralized: false };

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
