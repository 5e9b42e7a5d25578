using TraversalLearning.Data;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// One node's turn in a round, as a function of what it starts from: its batches, what both halves are trained with, and the random numbers that
/// they may draw.
/// </summary>
/// <param name="NodeId">Whose.</param>
/// <param name="Step">Which round; the attempt is filled in.</param>
/// <param name="Batches">The node's samples in every batch, one after the other.</param>
/// <param name="Optimizer">Of both halves.</param>
/// <param name="Seed">The run's.</param>
internal sealed record Turn(int NodeId, StepId Step, IReadOnlyList<int[]> Batches, LocalOptimizer Optimizer, ulong Seed)
{
    // "server": keeps the random numbers of f_O apart from the order of the samples.
    private const ulong ServerStream = 0x736572766572;

    /// <summary>Rows trained on, each pass counted.</summary>
    public long Rows => Batches.Sum(b => (long)b.Length);

    /// <summary>
    /// Deals a node's samples out: each pass goes on shuffling where the one before has ended, and is cut into batches. It is the order in which
    /// a node that trains on its own takes them (<see cref="LocalTraining"/>).
    /// </summary>
    /// <param name="samples">How many samples it holds.</param>
    /// <param name="passes">Passes over them.</param>
    /// <param name="batchSize">Rows of a batch; the last of a pass may be smaller.</param>
    /// <param name="lastBatch">What becomes of that one.</param>
    /// <param name="random">The turn's own.</param>
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

    /// <summary>What the layers behind the cut draw from.</summary>
    public SeededRandom NewServerRandom() =>
        SeededRandom.ForStream(Seed, ServerStream, (ulong)Step.Epoch, (ulong)Step.Batch, (ulong)NodeId);
}
