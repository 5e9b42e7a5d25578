namespace TraversalLearning.Data.Partitions;

/// <summary>Deals samples out.</summary>
/// <param name="samples">At least one.</param>
/// <param name="nodes">To how many nodes; some may get none.</param>
/// <param name="parameter">The number behind the partitioner's name; 0 where it takes none.</param>
/// <param name="random">A generator of its own.</param>
/// <returns>For every node its samples, in the order of its local indices: each sample at exactly one node.</returns>
internal delegate int[][] DealingRule(ClassIndex samples, int nodes, double parameter, SeededRandom random);

/// <summary>
/// A way to deal a data set out to nodes that all have a copy of it, for trials and studies. Another one is a function in
/// <see cref="DealingRules"/> and a line of <see cref="All"/>. What each does in full: docs/reference/partitions.md.
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

    /// <summary>All there are; the first is the default of the command line.</summary>
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

    /// <summary>Whether it looks at labels, which then have to be classes.</summary>
    public bool ByClass { get; }

    /// <summary>Whether the seed changes anything.</summary>
    public bool IsRandom { get; }

    /// <summary>What it does, in a line.</summary>
    public string Help { get; }

    /// <summary>How to write it: <c>iid</c>, <c>shards:k</c>.</summary>
    public string Usage => NamedChoice.UsageOf(this);

    /// <summary>What it does.</summary>
    internal DealingRule Rule { get; }

    private static NumberParameter Alpha(double example) => new("α", MinAlpha, MaxAlpha, IsWhole: false, example);

    private static NumberParameter PerNode(int example) => new("k", 1, MaxPerNode, IsWhole: true, example);
}
