namespace TraversalLearning.Data.Batches;

/// <summary>
/// One visit of a traversal: the samples that a node computes, and the position of its rows in the batch.
/// </summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Indices">Local sample indices, in row order.</param>
/// <param name="RowStart">First row in the batch.</param>
public sealed record Visit(int NodeId, int[] Indices, int RowStart)
{
    public int Rows => Indices.Length;
}

/// <summary>
/// The traversal plan of one virtual batch: the visits in plan order (ascending node id). A node's rows are one contiguous slice;
/// a node without a sample in the batch is not visited.
/// </summary>
/// <param name="Visits">In plan order.</param>
public sealed record TraversalPlan(IReadOnlyList<Visit> Visits)
{
    /// <summary>Groups samples, given as (node, local index) in shuffled order, by node.</summary>
    public static TraversalPlan For(ReadOnlySpan<SampleRef> samples, int nodeCount)
    {
        int[] counts = new int[nodeCount];
        foreach (SampleRef sample in samples)
        {
            counts[sample.NodeId - 1]++;
        }

        var indices = new int[nodeCount][];
        var visits = new List<Visit>();
        int row = 0;
        for (int node = 0; node < nodeCount; node++)
        {
            if (counts[node] > 0)
            {
                indices[node] = new int[counts[node]];
                visits.Add(new Visit(node + 1, indices[node], row));
                row += counts[node];
            }
        }

        Array.Clear(counts);
        foreach (SampleRef sample in samples)
        {
            indices[sample.NodeId - 1][counts[sample.NodeId - 1]++] = sample.LocalIndex;
        }

        return new TraversalPlan(visits);
    }
}

/// <summary>A sample: the node that holds it and its local index there.</summary>
public readonly record struct SampleRef(int NodeId, int LocalIndex);

/// <summary>A batch that spans the nodes.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Index">From 0 within the epoch.</param>
/// <param name="Rows">Number of samples; the last batch of an epoch may be smaller.</param>
/// <param name="Plan">The visits.</param>
public sealed record VirtualBatch(int Epoch, int Index, int Rows, TraversalPlan Plan)
{
    /// <summary>The same batch without the rows of some nodes; the remaining rows close up, in plan order.</summary>
    public VirtualBatch Without(IReadOnlySet<int> nodes)
    {
        var visits = new List<Visit>();
        int row = 0;
        foreach (Visit visit in Plan.Visits.Where(v => !nodes.Contains(v.NodeId)))
        {
            visits.Add(visit with { RowStart = row });
            row += visit.Rows;
        }

        return this with { Rows = row, Plan = new TraversalPlan(visits) };
    }
}
