namespace TraversalLearning.Data.Batches;

/// <summary>
/// Plans virtual batches (design section 2, step 2): each epoch a fresh seeded shuffle of all samples of all nodes, cut
/// into batches. The same seed and sample counts give the same batches on every machine.
/// </summary>
public sealed class VirtualBatchPlanner : IBatchPlanner
{
    private readonly SampleRef[] _samples;
    private readonly int _nodeCount;
    private readonly int _batchSize;
    private readonly ulong _seed;
    private (int Epoch, SampleRef[] Samples) _shuffled = (0, []);

    /// <summary>Creates a planner.</summary>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    /// <param name="batchSize">Rows per batch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="lastBatch">How a smaller last batch of an epoch is handled.</param>
    public VirtualBatchPlanner(IReadOnlyList<int> sampleCounts, int batchSize, ulong seed, LastBatch lastBatch = LastBatch.Keep)
        : this([.. sampleCounts.Select(count => Enumerable.Range(0, count).ToArray())], batchSize, seed, lastBatch)
    {
    }

    /// <summary>Creates a planner for a run that trains on a subset of the samples.</summary>
    /// <param name="indices">Local indices of the training samples on nodes 1, 2, ….</param>
    /// <param name="batchSize">Rows per batch.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="lastBatch">How a smaller last batch of an epoch is handled.</param>
    public VirtualBatchPlanner(int[][] indices, int batchSize, ulong seed, LastBatch lastBatch = LastBatch.Keep)
    {
        _nodeCount = indices.Length;
        _samples = [.. indices.SelectMany((own, node) => own.Select(i => new SampleRef(node + 1, i)))];
        _batchSize = batchSize;
        _seed = seed;
        BatchesPerEpoch = lastBatch == LastBatch.Drop ? TotalSamples / batchSize : (TotalSamples + batchSize - 1) / batchSize;
    }

    public int TotalSamples => _samples.Length;

    /// <inheritdoc/>
    public int BatchesPerEpoch { get; }

    /// <summary>The batches of an epoch, in order.</summary>
    public IEnumerable<VirtualBatch> Epoch(int epoch) => Enumerable.Range(0, BatchesPerEpoch).Select(index => Batch(epoch, index));

    /// <inheritdoc/>
    /// <remarks>Caches the shuffle of the epoch last requested.</remarks>
    public VirtualBatch Batch(int epoch, int index)
    {
        if (_shuffled.Epoch != epoch)
        {
            _shuffled = (epoch, Shuffled(epoch));
        }

        int start = index * _batchSize;
        int rows = Math.Min(_batchSize, TotalSamples - start);
        return new VirtualBatch(epoch, index, rows, TraversalPlan.For(_shuffled.Samples.AsSpan(start, rows), _nodeCount));
    }

    private SampleRef[] Shuffled(int epoch)
    {
        int[] order = new int[TotalSamples];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        SeededRandom.ForStream(_seed, (ulong)epoch).Shuffle(order);
        return Array.ConvertAll(order, i => _samples[i]);
    }
}
