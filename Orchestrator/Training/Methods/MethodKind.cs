using TraversalLearning.Data;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>A method as the command line offers it.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Help">What it does, in a line.</param>
/// <param name="Create">Makes it of a run's parts, once all nodes are there; the second argument is how many samples node 1, 2, … hold.</param>
internal sealed record MethodKind(string Name, string Help, Func<MethodParts, IReadOnlyList<int>, ITrainingMethod> Create) : INamedChoice
{
    /// <summary>The number behind the name; <see langword="null"/> for a method that takes none.</summary>
    public NumberParameter? Parameter { get; init; }

    /// <summary>What it makes of the options that were given: the cut and the exchange that it needs. Refuses what it cannot do.</summary>
    public Func<RunOptions, RunOptions> Adapt { get; init; } = static options => options;

    /// <summary>An ability that every node must have (<see cref="Messages.Hello.Capabilities"/>); <see langword="null"/> for none beyond the least.</summary>
    public string? Capability { get; init; }

    /// <summary>Whether it takes flags of <see cref="Federation"/>: selection, local epochs, aggregation.</summary>
    public bool IsFederated { get; init; }

    /// <summary>Whether it makes one model of several, and so takes <c>--aggregator</c>.</summary>
    public bool Averages { get; init; }

    /// <summary>Whether nodes have models of their own, which pass along the edges of a topology: then none is selected.</summary>
    public bool IsDecentralized { get; init; }

    /// <summary>How to write it: <c>fedavg</c>, <c>fedprox:μ</c>.</summary>
    public string Usage => NamedChoice.UsageOf(this);
}
