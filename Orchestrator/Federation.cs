namespace TraversalLearning.Orchestration;

/// <summary>What methods take that have nodes train on their own.</summary>
internal sealed record Federation
{
    /// <summary>The share of the nodes that a random selection takes.</summary>
    public double ClientFraction { get; init; } = 1;

    /// <summary>A selected node's passes over its samples in a round.</summary>
    public int LocalEpochs { get; init; } = 1;

    /// <summary>Which nodes a round asks, as <c>--select</c> spells it.</summary>
    public string Select { get; init; } = "random";

    /// <summary>How their models become one, as <c>--aggregator</c> spells it.</summary>
    public string Aggregator { get; init; } = "mean";
}
