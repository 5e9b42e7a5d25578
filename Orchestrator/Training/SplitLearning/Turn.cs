using TraversalLearning.Data;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// One node's turn in a round, as a function of its starting state: its batches, its training settings for both halves,
/// and its random numbers.
/// </summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Step">The round; the attempt is filled in.</param>
/// <param name="Batches">The node's sample indices, batch by batch.</param>
/// <param name="Optimizer">Of both halves.</param>
/// <param name="Seed">The run's.</param>
internal sealed record Turn(int NodeId, StepId Step, IReadOnlyList<int[]> Batches, LocalOptimizer Optimizer, ulong Seed)
{
    // "server": separates the random numbers of f_O from the order of the samples.
    private const ulong ServerStream = 0x736572766572;

    /// <summary>Rows trained on, counted once per pass.</summary>
    public long Rows => Batches.Sum(b => (long)b.Length);

    /// <summary>
    /// Deals a node's samples into batches; each pass shuffles the previous pass's order again. A node in local
    /// training uses the same order (<see cref="LocalTraining"/>).
    /// </summary>
    /// <param name="samples">Number of samples on the node.</param>
    /// <param name="passes">Number of passes over them.</param>
    /// <param name="batchSize">Rows per batch; the last of a pass may be smaller.</param>
    /// <param name="lastBatch">How a smaller last batch is handled.</param>
    /// <param name="random">The turn's generator.</param>
    public static int[][] Deal(int samples, int passes, int batchSize, LastBatch lastBatch, SeededRandom random)
    {
        var batches = new List<int[]>();
        int[] order = [.. Enumerable.Range(0, samples)];
        for (int pass = 0; pass < passes; pass++)
        {
            random.Shuffle<int>(order);
            batches.AddRange(order.Chunk(batchSize).Where(b => lastBatch == LastBatch.Keep || b.Length == batchSize));
        }

        return [.. batches];
    }

    /// <summary>The generator for the layers behind the cut.</summary>
    public SeededRandom NewServerRandom() =>
        SeededRandom.ForStream(Seed, ServerStream, (ulong)Step.Epoch, (ulong)Step.Batch, (ulong)NodeId);
}
