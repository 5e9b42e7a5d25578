namespace TraversalLearning.Data.Batches;

/// <summary>
/// The samples that nodes hold out of training for validation: a seeded share of each node's local indices. The
/// orchestrator derives it from the sample counts alone, so nodes need no knowledge of it, and the same arguments hold
/// out the same samples on every machine.
/// </summary>
/// <param name="Training">Local indices of training samples on nodes 1, 2, …, ascending.</param>
/// <param name="Validation">Local indices of held-out samples, ascending.</param>
public sealed record HoldOut(int[][] Training, int[][] Validation)
{
    // "validati": separates this use of the seed from every epoch's.
    private const ulong Stream = 0x76616c6964617469;

    /// <summary>Total number of held-out samples.</summary>
    public int ValidationRows => Validation.Sum(v => v.Length);

    /// <summary>Draws the held-out samples.</summary>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    /// <param name="fraction">Share of each node's samples, from 0 to 1, exclusive; rounded down, so that every node
    /// with samples trains on some.</param>
    /// <param name="seed">The run's seed.</param>
    public static HoldOut Of(IReadOnlyList<int> sampleCounts, double fraction, ulong seed)
    {
        int[][] training = new int[sampleCounts.Count][];
        int[][] validation = new int[sampleCounts.Count][];
        for (int node = 0; node < sampleCounts.Count; node++)
        {
            int[] indices = [.. Enumerable.Range(0, sampleCounts[node])];
            int kept = sampleCounts[node] - (int)(sampleCounts[node] * fraction);
            if (kept < indices.Length)
            {
                SeededRandom.ForStream(seed, Stream, (ulong)(node + 1)).Shuffle<int>(indices);
            }

            training[node] = [.. indices[..kept].Order()];
            validation[node] = [.. indices[kept..].Order()];
        }

        return new HoldOut(training, validation);
    }
}
