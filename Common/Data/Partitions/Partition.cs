namespace TraversalLearning.Data.Partitions;

/// <summary>How a common data set is split among nodes: a partitioner and its parameter, as <c>--partition</c> spells them.</summary>
public sealed record Partition
{
    // "partition": separates these draws from the run's other uses of its seed.
    private const ulong Stream = 0x706172746974696f;

    private Partition(Partitioner partitioner, double parameter)
    {
        Partitioner = partitioner;
        Parameter = parameter;
    }

    /// <summary>Sample j belongs to node j mod N.</summary>
    public static Partition RoundRobin { get; } = Parse("round_robin");

    /// <summary>A seeded permutation, cut into N runs whose lengths differ by at most one.</summary>
    public static Partition Iid { get; } = Parse("iid");

    /// <summary>The accepted forms of <c>--partition</c>.</summary>
    public static string Usage { get; } = NamedChoice.UsageOf(Partitioner.All);

    /// <summary>The partitioner.</summary>
    public Partitioner Partitioner { get; }

    /// <summary>The partitioner's number; 0 if it takes none.</summary>
    public double Parameter { get; }

    /// <summary>Parses command-line text, such as <c>iid</c> or <c>dirichlet:0.1</c>.</summary>
    /// <exception cref="FormatException">Not a valid partition; the message lists the accepted forms.</exception>
    public static Partition Parse(string text)
    {
        (Partitioner partitioner, double? parameter) = NamedChoice.Parse(text, Partitioner.All, Usage);
        return new Partition(partitioner, parameter ?? 0);
    }

    /// <summary>Partitions a data set by its labels.</summary>
    /// <param name="samples">All samples.</param>
    /// <param name="nodeCount">Number of nodes; some may get no samples.</param>
    /// <param name="seed">Seed of random partitions; all nodes must use the same one.</param>
    /// <exception cref="DataException">The partition needs classes, and the labels are numbers.</exception>
    public int[][] Deal(ISamples samples, int nodeCount, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return samples.Targets is not null && Partitioner.ByClass
            ? throw new DataException(
                $"--partition {this}",
                $"deals classes out, and the labels are numbers; use one of {string.Join(", ", Partitioner.All.Where(p => !p.ByClass).Select(p => p.Usage))}")
            : Deal(samples.Labels, nodeCount, seed);
    }

    /// <summary>Assigns every sample to exactly one node; the same arguments give the same result on every machine.</summary>
    /// <param name="labels">The classes of all samples, <c>[Count]</c>.</param>
    /// <param name="nodeCount">Number of nodes; some may get no samples.</param>
    /// <param name="seed">Seed of random partitions; all nodes must use the same one.</param>
    /// <returns>The samples of node 1, 2, …, each in the order of the node's local indices.</returns>
    public int[][] Deal(ReadOnlySpan<int> labels, int nodeCount, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nodeCount);
        return labels.IsEmpty
            ? [.. Enumerable.Repeat(Array.Empty<int>(), nodeCount)]
            : Partitioner.Rule(new ClassIndex(labels), nodeCount, Parameter, SeededRandom.ForStream(seed, Stream));
    }

    /// <summary>The text that <see cref="Parse"/> accepts.</summary>
    public override string ToString() => NamedChoice.ToText(Partitioner.Name, Partitioner.Parameter is null ? null : Parameter);
}
