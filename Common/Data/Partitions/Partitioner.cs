namespace TraversalLearning.Data.Partitions;

/// <summary>Assigns samples to nodes.</summary>
/// <param name="samples">At least one sample.</param>
/// <param name="nodes">Number of nodes; some may get no samples.</param>
/// <param name="parameter">The number after the partitioner's name; 0 if it takes none.</param>
/// <param name="random">A generator for this call only.</param>
/// <returns>Each node's samples, in the order of its local indices; each sample at exactly one node.</returns>
internal delegate int[][] DealingRule(ClassIndex samples, int nodes, double parameter, SeededRandom random);

/// <summary>
/// A method to split a data set among nodes that all have a copy of it, for trials and studies. To add one, write a function in
/// <see cref="DealingRules"/> and a line of <see cref="All"/>. Definitions: docs/reference/partitions.md.
/// </summary>
public sealed class Partitioner : INamedChoice
{
    private const double MinAlpha = 0.001;
    private const double MaxAlpha = 1_000_000;
    private const int MaxPerNode = 100;

    private Partitioner(string name, NumberParameter? parameter, string help, DealingRule rule, bool byClass = true, bool isRandom = true)
    {
        ByClass = byClass;
        IsRandom = isRandom;
        Name = name;
        Parameter = parameter;
        Help = help;
        Rule = rule;
    }

    /// <summary>All partitioners; the first is the default of the command line.</summary>
    public static IReadOnlyList<Partitioner> All { get; } =
    [
        new("round_robin", null, "sample j to node j mod N", DealingRules.RoundRobin, byClass: false, isRandom: false),
        new("iid", null, "a permutation, cut into equal runs", DealingRules.Iid, byClass: false),
        new("dirichlet", Alpha(0.5), "each class by shares drawn from Dirichlet(α); a small α makes nodes differ", DealingRules.DirichletLabels),
        new("shards", PerNode(2), "sorted by label, cut into N·k shards, k at random to each node", DealingRules.Shards),
        new("one_class", null, "one class to each node, in turn", DealingRules.OneClass),
        new("classes", PerNode(2), "k classes to each node, at random", DealingRules.Classes),
        new("quantity", Alpha(0.5), "as iid, with sizes drawn from Dirichlet(α)", DealingRules.Quantity, byClass: false),
    ];

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public NumberParameter? Parameter { get; }

    /// <summary>Whether it uses labels, which must then be classes.</summary>
    public bool ByClass { get; }

    /// <summary>Whether the result depends on the seed.</summary>
    public bool IsRandom { get; }

    /// <summary>One-line description.</summary>
    public string Help { get; }

    /// <summary>Its usage: <c>iid</c>, <c>shards:k</c>.</summary>
    public string Usage => NamedChoice.UsageOf(this);

    /// <summary>The function that assigns the samples.</summary>
    internal DealingRule Rule { get; }

    private static NumberParameter Alpha(double example) => new("α", MinAlpha, MaxAlpha, IsWhole: false, example);

    private static NumberParameter PerNode(int example) => new("k", 1, MaxPerNode, IsWhole: true, example);
}
