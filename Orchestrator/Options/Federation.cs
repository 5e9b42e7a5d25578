using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Options;

/// <summary>What methods take that have nodes train on their own.</summary>
internal sealed record Federation
{
    /// <summary>The share of the nodes that a random selection takes.</summary>
    public double ClientFraction { get; init; } = 1;

    /// <summary>A selected node's passes over its samples in a round.</summary>
    public int LocalEpochs { get; init; } = 1;

    /// <summary>Which nodes a round asks, as <c>--select</c> spells it.</summary>
    public string Select { get; init; } = "random";

    /// <summary>How their models become one, as <c>--aggregator</c> spells it; <see langword="null"/> where they do not.</summary>
    public string? Aggregator { get; init; } = "mean";

    /// <summary>Nodes under names; <see langword="null"/> if there are none.</summary>
    public NodeGroups? Groups { get; init; }

    /// <summary>Who sends models to whom, where no orchestrator averages them.</summary>
    public Topology Topology { get; init; } = Topology.Ring;

    /// <summary>Seed of a random topology; <see langword="null"/> for the run's.</summary>
    public ulong? TopologySeed { get; init; }
}
