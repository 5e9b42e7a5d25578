using TraversalLearning.Hosting;

namespace TraversalLearning.Data.Partitions;

/// <summary>The flags that partition a common data set among nodes; the same in both programs.</summary>
/// <param name="meaning">Help text of the partition, in Markdown.</param>
public sealed class DealingFlags(string meaning)
{
    /// <summary>The partition.</summary>
    public Flag<Partition> Partition { get; } = Flag.Parsed("--partition", meaning, Partitions.Partition.RoundRobin, Partitions.Partition.Usage, Partitions.Partition.Parse);

    /// <summary>Seed of the partition.</summary>
    public Flag<ulong> Seed { get; } = Flag.Seed("--partition_seed", "seed of the partition; the same for all nodes", 1);
}
