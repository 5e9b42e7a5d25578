using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;

namespace TraversalLearning.Nodes.Agents;

/// <summary>One node's samples among those of its process.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="Start">The first one.</param>
/// <param name="Count">How many; its local index 0 is <paramref name="Start"/>.</param>
/// <param name="ClassCount">Labels are from 0 to this, exclusive; 0 where they are numbers.</param>
/// <param name="Fingerprint">SHA-256 over them, as a node alone would say it.</param>
public sealed record NodeShard(int NodeId, int Start, int Count, int ClassCount, string Fingerprint)
{
    /// <summary>What its samples are.</summary>
    public required SampleTraits Traits { get; init; }

    /// <summary>How the common set is dealt out that it takes its part of, and how many samples that has; <see langword="null"/> if the node brings its own.</summary>
    public (Dealing How, int Samples)? Dealt { get; init; }

    /// <summary>What the node says of itself when it is asked.</summary>
    public NodeMetadata Metadata { get; init; } = NodeMetadata.None;

    /// <summary>All samples, of one node.</summary>
    public static NodeShard Whole(int nodeId, SampleSet samples, int classCount) => 
        new(nodeId, 0, samples.Count, samples.Targets is null ? classCount : 0, samples.Fingerprint()) { Traits = SampleTraits.Of(samples) };
}

/// <summary>The samples of several nodes in one process, in memory once.</summary>
/// <param name="Set">All of them, node after node.</param>
/// <param name="Shards">Whose they are.</param>
public sealed record HostedSamples(SampleSet Set, IReadOnlyList<NodeShard> Shards)
{
    /// <summary>Deals a set out.</summary>
    /// <param name="all">The common set.</param>
    /// <param name="firstNodeId">The first node's id; the others follow.</param>
    /// <param name="parts">Which samples of it each node holds.</param>
    /// <param name="how">By which rule, if by one; then the nodes say so.</param>
    /// <exception cref="DataException">Samples cannot be read.</exception>
    public static HostedSamples Deal(ISamples all, int firstNodeId, IReadOnlyList<int[]> parts, Dealing? how = null)
    {
        SampleSet set = all.Select(parts.SelectMany(p => p).ToArray());
        var shards = new List<NodeShard>();
        int start = 0;
        foreach (int[] part in parts)
        {
            SampleSet own = set.Select([.. Enumerable.Range(start, part.Length)]);
            shards.Add(NodeShard.Whole(firstNodeId + shards.Count, own, Math.Max(own.ClassesSeen(), 1)) with
            {
                Start = start,
                Dealt = how is null ? null : (how, all.Count),
            });
            start += own.Count;
        }

        return new HostedSamples(set, shards);
    }
}
