using System.Globalization;

namespace TraversalLearning.Data.Partitions;

/// <summary>How a common set is dealt out among nodes that each take their part: all that the parts depend on but the set itself.</summary>
/// <param name="Partition">By which rule.</param>
/// <param name="NodeCount">Among how many nodes.</param>
/// <param name="Seed">Of whatever is random.</param>
public sealed record Dealing(Partition Partition, int NodeCount, ulong Seed)
{
    /// <summary>Deals a set out.</summary>
    /// <exception cref="DataException">The partition goes by classes, and labels are numbers.</exception>
    public int[][] Deal(ISamples samples) => Partition.Deal(samples, NodeCount, Seed);

    /// <summary>In the words of the command line; the same text for what gives the same parts.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"--partition {Partition}{(Partition.Partitioner.IsRandom ? $" --partition_seed {Seed}" : string.Empty)} --num_nodes {NodeCount}");
}
