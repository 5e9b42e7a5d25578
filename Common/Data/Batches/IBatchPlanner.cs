namespace TraversalLearning.Data.Batches;

/// <summary>
/// Plans which samples of which nodes form a batch. The same arguments give the same batch on every machine.
/// </summary>
public interface IBatchPlanner
{
    int BatchesPerEpoch { get; }

    /// <summary>One batch.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="index">From 0 within the epoch.</param>
    VirtualBatch Batch(int epoch, int index);
}
