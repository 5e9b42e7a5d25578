using System.Globalization;

namespace TraversalLearning.Data.Partitions;

/// <summary>How a common data set is partitioned among nodes: everything that determines the parts except the set itself.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="NodeCount">Number of nodes.</param>
/// <param name="Seed">Seed of random partitions.</param>
public sealed record Dealing(Partition Partition, int NodeCount, ulong Seed)
{
    /// <summary>Partitions a data set.</summary>
    /// <exception cref="DataException">The partition needs classes, and the labels are numbers.</exception>
    public int[][] Deal(ISamples samples) => Partition.Deal(samples, NodeCount, Seed);

    /// <summary>The settings as on the command line; equal texts give equal parts.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"--partition {Partition}{(Partition.Partitioner.IsRandom ? $" --partition_seed {Seed}" : string.Empty)} --num_nodes {NodeCount}");
}
