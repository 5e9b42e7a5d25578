using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Methods;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>How a run is trained, and what methods take that have nodes train on their own.</summary>
internal sealed class MethodFlags
{
    private readonly Flag<double> _clientFraction = Flag.Number("--client_fraction", "Share of the nodes that a round asks, with --select random", 1, min: 0, max: 1);
    private readonly Flag<int> _localEpochs = Flag.Int("--local_epochs", "A node's passes over its samples in a round", 1, min: 1);
    private readonly Flag<string> _select = Flag.Text(
        "--select", $"Which nodes a round asks: {string.Join("|", NodeSelector.All.Keys)}", NodeSelector.All.Keys.First());

    private readonly Flag<string> _aggregator = Flag.Text(
        "--aggregator", $"How their models become one: {string.Join("|", ModelAggregator.All.Keys)}; mean weighs by rows", ModelAggregator.All.Keys.First());

    /// <summary>How it is trained.</summary>
    public Flag<Algorithm> Algorithm { get; } = Flag.Parsed(
        "--algorithm",
        $"How it is trained: {TrainingMethods.Usage} (docs/methods.md)",
        Orchestration.Algorithm.Traversal,
        "name[:number]",
        TrainingMethods.Parse);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options => [Algorithm.Option, .. FederatedOptions];

    /// <summary>Those of methods that have nodes train on their own.</summary>
    public Option[] FederatedOptions => [_clientFraction.Option, _localEpochs.Option, _select.Option, _aggregator.Option];

    /// <summary>Whether an algorithm takes a flag; those that are not of methods, every one takes.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="flag">The flag's first name.</param>
    public bool Takes(Algorithm algorithm, string flag) =>
        (algorithm != Orchestration.Algorithm.Centralized && TrainingMethods.Of(algorithm).IsFederated)
        || Array.TrueForAll(FederatedOptions, o => o.Name != flag);

    /// <summary>What the method makes of a run's options.</summary>
    /// <exception cref="UserErrorException">Flags that do not go together, or with the method.</exception>
    public RunOptions Apply(RunOptions options, ParseResult result)
    {
        Algorithm algorithm = Algorithm.Get(result);
        MethodKind kind = TrainingMethods.Of(algorithm);
        if (!kind.IsFederated && FederatedOptions.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } given)
        {
            throw new UserErrorException(ExitCode.Usage, $"{given.Name} does not belong to --algorithm {algorithm}");
        }

        return kind.Adapt(options with
        {
            Algorithm = algorithm,
            Capability = kind.Capability,
            Federation = kind.IsFederated ? ReadFederation(result) : null,
        });
    }

    private Federation ReadFederation(ParseResult result)
    {
        var federation = new Federation
        {
            ClientFraction = _clientFraction.Get(result),
            LocalEpochs = _localEpochs.Get(result),
            Select = _select.Get(result),
            Aggregator = _aggregator.Get(result),
        };
        NodeSelector.Require(federation.Select);
        ModelAggregator.Create(federation.Aggregator);
        return federation.ClientFraction < 1 && federation.Select != NodeSelector.All.Keys.First()
            ? throw new UserErrorException(ExitCode.Usage, "--client_fraction belongs to --select random")
            : federation;
    }
}
