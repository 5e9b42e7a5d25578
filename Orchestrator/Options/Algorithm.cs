using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Options;

/// <summary>A method and its parameter, in the syntax of <c>--algorithm</c>: <c>tl</c>, <c>fedprox:0.01</c>.</summary>
/// <param name="Name">The method's name.</param>
/// <param name="Parameter">Its parameter; <see langword="null"/> for a method without one.</param>
internal sealed record Algorithm(string Name, double? Parameter = null)
{
    /// <summary>Traversal learning.</summary>
    public static Algorithm Traversal { get; } = new("tl");

    /// <summary>Training in one process on pooled data.</summary>
    public static Algorithm Centralized { get; } = new("centralized");

    /// <inheritdoc/>
    public override string ToString() => NamedChoice.ToText(Name, Parameter);
}
