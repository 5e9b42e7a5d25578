namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>Says which samples, of which nodes, make a batch. The same arguments give the same batch on every machine.</summary>
internal interface IBatchPlanner
{
    /// <summary>Batches of an epoch.</summary>
    int BatchesPerEpoch { get; }

    /// <summary>One batch.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="index">From 0 within the epoch.</param>
    VirtualBatch Batch(int epoch, int index);
}
