using TraversalLearning.Data;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>A method as offered on the command line.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Help">A one-line description.</param>
/// <param name="Create">Builds the method from a run's parts once all nodes have connected; the second argument holds
/// the sample counts of nodes 1, 2, ….</param>
internal sealed record MethodKind(string Name, string Help, Func<MethodParts, IReadOnlyList<int>, ITrainingMethod> Create) : INamedChoice
{
    /// <summary>The number after the name; <see langword="null"/> for a method without a parameter.</summary>
    public NumberParameter? Parameter { get; init; }

    /// <summary>Adapts the options to the method's cut and exchange, and refuses options that do not apply.</summary>
    public Func<RunOptions, RunOptions> Adapt { get; init; } = static options => options;

    /// <summary>
    /// A capability that every node must have (<see cref="Messages.Hello.Capabilities"/>); <see langword="null"/> if
    /// the base set suffices.
    /// </summary>
    public string? Capability { get; init; }

    /// <summary>Whether the flags of <see cref="Federation"/> apply: selection, local epochs, aggregation.</summary>
    public bool IsFederated { get; init; }

    /// <summary>Whether the method averages models, and so accepts <c>--aggregator</c>.</summary>
    public bool Averages { get; init; }

    /// <summary>
    /// Whether nodes have their own models, exchanged along the edges of a topology; no nodes are selected then.
    /// </summary>
    public bool IsDecentralized { get; init; }

    /// <summary>Its syntax on the command line: <c>fedavg</c>, <c>fedprox:μ</c>.</summary>
    public string Usage => NamedChoice.UsageOf(this);
}
