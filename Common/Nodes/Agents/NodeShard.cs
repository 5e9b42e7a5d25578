using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Nodes.Agents;

/// <summary>One node's samples among those of its process.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Start">Index of the node's first sample in the process.</param>
/// <param name="Count">Number of samples; local index 0 is <paramref name="Start"/>.</param>
/// <param name="ClassCount">Labels are from 0 to this, exclusive; 0 for numeric labels.</param>
/// <param name="Fingerprint">SHA-256 of the node's samples, the same as for a single node.</param>
public sealed record NodeShard(int NodeId, int Start, int Count, int ClassCount, string Fingerprint)
{
    /// <summary>Kind, shape and range of the samples.</summary>
    public required SampleTraits Traits { get; init; }

    /// <summary>The partition of the common data set, and that set's size; <see langword="null"/> if the node has its own data.</summary>
    public (Dealing How, int Samples)? Dealt { get; init; }

    /// <summary>Metadata that the node reports.</summary>
    public NodeMetadata Metadata { get; init; } = NodeMetadata.None;

    /// <summary>What the node keeps back of its table, for its log; <see langword="null"/> if nothing.</summary>
    public string? KeptBack { get; init; }

    /// <summary>A shard of all samples, for a single node.</summary>
    public static NodeShard Whole(int nodeId, SampleSet samples, int classCount) => 
        new(nodeId, 0, samples.Count, samples.Targets is null ? classCount : 0, samples.Fingerprint()) { Traits = SampleTraits.Of(samples) };

    /// <summary>The node with other samples, and traits of no fewer of them than may be told of.</summary>
    internal NodeShard With(SampleSet own, int start, TellRules rules) => this with
    {
        Start = start,
        Count = own.Count,

        // Which of the listed classes occurs last is not to be seen.
        ClassCount = own.Targets is not null ? 0 : own.Table is { ClosedClasses: true } table ? table.Classes.Count : own.Table is null ? ClassCount : Math.Max(own.ClassesSeen(), 1),
        Fingerprint = own.Fingerprint(),
        Traits = SampleTraits.Of(own, rules.MinCount),
    };
}

/// <summary>The samples of several nodes in one process, in one copy.</summary>
/// <param name="Set">All samples, node after node.</param>
/// <param name="Shards">The nodes' shards.</param>
public sealed record HostedSamples(SampleSet Set, IReadOnlyList<NodeShard> Shards)
{
    /// <summary>Partitions a data set among the nodes of the process.</summary>
    /// <param name="all">The common data set.</param>
    /// <param name="firstNodeId">The first node's id; the others follow.</param>
    /// <param name="parts">The indices of each node's samples.</param>
    /// <param name="how">The partition that the nodes report; optional.</param>
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

    /// <summary>The samples with which the nodes take part under their rules (<see cref="ToldRows"/>), and what they tell of them.</summary>
    /// <exception cref="TableException">The rules exclude a column, or too few rows are left.</exception>
    public HostedSamples Told(TellRules rules)
    {
        if (rules.TellEverything)
        {
            return this;
        }

        ToldRows told = Set.Table is null
            ? new ToldRows(Set, [.. Shards.Select(s => s.Count)], [.. Shards.Select(s => s.KeptBack)])
            : ToldRows.Of(rules, Set, [.. Shards.Select(s => s.Count)]);
        var shards = new NodeShard[Shards.Count];
        int start = 0;
        for (int i = 0; i < shards.Length; i++)
        {
            SampleSet own = told.Rows.Select([.. Enumerable.Range(start, told.Counts[i])]);
            shards[i] = Shards[i].With(own, start, rules) with { KeptBack = told.KeptBack[i] };
            start += own.Count;
        }

        return new HostedSamples(told.Rows, shards);
    }
}
