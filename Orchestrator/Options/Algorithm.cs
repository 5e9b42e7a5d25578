using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Options;

/// <summary>A method and its number, as <c>--algorithm</c> spells them: <c>tl</c>, <c>fedprox:0.01</c>.</summary>
/// <param name="Name">Of the method.</param>
/// <param name="Parameter">Its number; <see langword="null"/> for a method that takes none.</param>
internal sealed record Algorithm(string Name, double? Parameter = null)
{
    /// <summary>Traversal learning.</summary>
    public static Algorithm Traversal { get; } = new("tl");

    /// <summary>Training in one process on pooled data.</summary>
    public static Algorithm Centralized { get; } = new("centralized");

    /// <inheritdoc/>
    public override string ToString() => NamedChoice.ToText(Name, Parameter);
}
