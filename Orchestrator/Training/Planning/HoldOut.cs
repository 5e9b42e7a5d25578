using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>
/// Which of their samples nodes keep out of training, for validation: a seeded share of each node's local indices. The orchestrator decides it from
/// the counts alone, so that nodes need to know nothing of it, and the same arguments keep the same samples out on every machine.
/// </summary>
/// <param name="Training">The local indices of node 1, 2, … that are trained on, rising.</param>
/// <param name="Validation">Those that are kept out, rising.</param>
internal sealed record HoldOut(int[][] Training, int[][] Validation)
{
    // "validati": keeps this use of the seed apart from every epoch's.
    private const ulong Stream = 0x76616c6964617469;

    /// <summary>All samples that are kept out.</summary>
    public int ValidationRows => Validation.Sum(v => v.Length);

    /// <summary>Keeps samples out.</summary>
    /// <param name="sampleCounts">How many samples node 1, 2, … hold.</param>
    /// <param name="fraction">The share of each node's, from 0 to 1, exclusive; rounded down, so that every node that has samples trains on some.</param>
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
