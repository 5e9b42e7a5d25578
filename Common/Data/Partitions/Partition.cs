namespace TraversalLearning.Data.Partitions;

/// <summary>How one data set is dealt out to nodes that all have a copy of it: a partitioner and its parameter, as <c>--partition</c> spells them.</summary>
public sealed record Partition
{
    // "partition": keeps this use of the seed apart from every epoch's.
    private const ulong Stream = 0x706172746974696f;

    private Partition(Partitioner partitioner, double parameter)
    {
        Partitioner = partitioner;
        Parameter = parameter;
    }

    /// <summary>Sample j belongs to node j mod N.</summary>
    public static Partition RoundRobin { get; } = Parse("round_robin");

    /// <summary>A seeded permutation, cut into N runs whose lengths differ by one at most.</summary>
    public static Partition Iid { get; } = Parse("iid");

    /// <summary>How <c>--partition</c> may be spelled.</summary>
    public static string Usage { get; } = NamedChoice.UsageOf(Partitioner.All);

    /// <summary>The way samples are dealt.</summary>
    public Partitioner Partitioner { get; }

    /// <summary>Its number; 0 for one that takes none.</summary>
    public double Parameter { get; }

    /// <summary>Reads a text of the command line, such as <c>iid</c> or <c>dirichlet:0.1</c>.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
    public static Partition Parse(string text)
    {
        (Partitioner partitioner, double? parameter) = NamedChoice.Parse(text, Partitioner.All, Usage);
        return new Partition(partitioner, parameter ?? 0);
    }

    /// <summary>Deals a set out by its labels.</summary>
    /// <param name="samples">All samples.</param>
    /// <param name="nodeCount">The nodes; some may get no sample.</param>
    /// <param name="seed">Of whatever is random; all nodes must use the same.</param>
    /// <exception cref="DataException">The partition goes by classes, and labels are numbers.</exception>
    public int[][] Deal(ISamples samples, int nodeCount, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return samples.Targets is not null && Partitioner.ByClass
            ? throw new DataException(
                $"--partition {this}",
                $"deals classes out, and the labels are numbers; use one of {string.Join(", ", Partitioner.All.Where(p => !p.ByClass).Select(p => p.Usage))}")
            : Deal(samples.Labels, nodeCount, seed);
    }

    /// <summary>Deals samples out: every one to exactly one node, and the same for the same arguments on every machine.</summary>
    /// <param name="labels">The classes of all samples, <c>[Count]</c>.</param>
    /// <param name="nodeCount">The nodes; some may get no sample.</param>
    /// <param name="seed">Of whatever is random; all nodes must use the same.</param>
    /// <returns>The samples of node 1, 2, …, each in the order of the node's local indices.</returns>
    public int[][] Deal(ReadOnlySpan<int> labels, int nodeCount, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nodeCount);
        return labels.IsEmpty
            ? [.. Enumerable.Repeat(Array.Empty<int>(), nodeCount)]
            : Partitioner.Rule(new ClassIndex(labels), nodeCount, Parameter, SeededRandom.ForStream(seed, Stream));
    }

    /// <summary>What <see cref="Parse"/> reads as the same partition.</summary>
    public override string ToString() => NamedChoice.ToText(Partitioner.Name, Partitioner.Parameter is null ? null : Parameter);
}
