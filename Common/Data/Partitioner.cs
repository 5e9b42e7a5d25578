namespace TraversalLearning.Data;

/// <summary>How one data set is dealt out to nodes that all have a copy of it (trials on one machine, and tests).</summary>
public enum PartitionKind
{
    /// <summary>Sample j belongs to node j mod N.</summary>
    RoundRobin,

    /// <summary>A seeded permutation, cut into N runs whose lengths differ by one at most.</summary>
    Iid,
}

/// <summary>Deals samples out to nodes: every sample to exactly one node.</summary>
public static class Partitioner
{
    // "partition": keeps this use of the seed apart from every epoch's.
    private const ulong Stream = 0x706172746974696f;

    private static readonly (PartitionKind Kind, string Name)[] Names =
    [
        (PartitionKind.RoundRobin, "round_robin"),
        (PartitionKind.Iid, "iid"),
    ];

    /// <summary>The samples of node <paramref name="nodeIndex"/> (0-based), in the order of its local indices.</summary>
    /// <param name="kind">How samples are dealt.</param>
    /// <param name="sampleCount">The samples of the whole set.</param>
    /// <param name="nodeCount">The nodes; with more nodes than samples some get none.</param>
    /// <param name="nodeIndex">Which node, from 0.</param>
    /// <param name="seed">For <see cref="PartitionKind.Iid"/>; all nodes must use the same.</param>
    public static int[] Partition(PartitionKind kind, int sampleCount, int nodeCount, int nodeIndex, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nodeCount);
        ArgumentOutOfRangeException.ThrowIfNegative(nodeIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(nodeIndex, nodeCount);
        return kind switch
        {
            PartitionKind.RoundRobin => RoundRobin(sampleCount, nodeCount, nodeIndex),
            PartitionKind.Iid => Iid(sampleCount, nodeCount, nodeIndex, seed),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a way to partition"),
        };
    }

    /// <summary>The name on the command line.</summary>
    public static string NameOf(PartitionKind kind) => Array.Find(Names, n => n.Kind == kind).Name ?? throw new ArgumentOutOfRangeException(nameof(kind));

    /// <summary>Reads a name from the command line: <c>round_robin</c> or <c>iid</c>.</summary>
    public static bool TryParse(string? name, out PartitionKind kind)
    {
        (PartitionKind Kind, string Name) found = Array.Find(Names, n => string.Equals(n.Name, name, StringComparison.Ordinal));
        kind = found.Kind;
        return found.Name is not null;
    }

    private static int[] RoundRobin(int sampleCount, int nodeCount, int nodeIndex)
    {
        int[] indices = new int[(int)(((long)sampleCount + nodeCount - 1 - nodeIndex) / nodeCount)];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = nodeIndex + (i * nodeCount);
        }

        return indices;
    }

    private static int[] Iid(int sampleCount, int nodeCount, int nodeIndex, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, sampleCount)];
        SeededRandom.ForStream(seed, Stream).Shuffle<int>(order);
        int start = (int)((long)nodeIndex * sampleCount / nodeCount);
        int end = (int)((nodeIndex + 1L) * sampleCount / nodeCount);
        return order[start..end];
    }
}
