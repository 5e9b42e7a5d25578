using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Options of methods with local training.</summary>
internal sealed record Federation
{
    /// <summary>The share of nodes that random selection takes.</summary>
    public double ClientFraction { get; init; } = 1;

    /// <summary>A selected node's passes over its samples in a round.</summary>
    public int LocalEpochs { get; init; } = 1;

    /// <summary>The selection rule, in the syntax of <c>--select</c>.</summary>
    public string Select { get; init; } = "random";

    /// <summary>
    /// The aggregation rule, in the syntax of <c>--aggregator</c>; <see langword="null"/> where models are not
    /// averaged.
    /// </summary>
    public string? Aggregator { get; init; } = "mean";

    /// <summary>Named groups of nodes; <see langword="null"/> if there are none.</summary>
    public NodeGroups? Groups { get; init; }

    /// <summary>The topology along which models are exchanged, where the orchestrator does not average them.</summary>
    public Topology Topology { get; init; } = Topology.Ring;

    /// <summary>Seed of a random topology; <see langword="null"/> to use the run's.</summary>
    public ulong? TopologySeed { get; init; }
}
