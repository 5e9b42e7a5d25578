using TraversalLearning.Hosting;

namespace TraversalLearning.Data.Partitions;

/// <summary>The flags by which nodes divide a common data set; the same in both programs.</summary>
/// <param name="meaning">What the partition is for, in Markdown.</param>
public sealed class DealingFlags(string meaning)
{
    /// <summary>The rule.</summary>
    public Flag<Partition> Partition { get; } = Flag.Parsed("--partition", meaning, Partitions.Partition.RoundRobin, Partitions.Partition.Usage, Partitions.Partition.Parse);

    /// <summary>Its seed.</summary>
    public Flag<ulong> Seed { get; } = Flag.Seed("--partition_seed", "seed of the partition; the same for all nodes", 1);
}
