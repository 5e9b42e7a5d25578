namespace TraversalLearning.Data.Datasets;

/// <summary>
/// The nodes' parts of a common test set: node i of N has every N-th sample from the i-th on. With the blind exchange nodes
/// evaluate the model, and together they have the whole set.
/// </summary>
/// <param name="files">The common data set.</param>
/// <param name="nodes">Number of nodes.</param>
public sealed class TestPart(DatasetFiles files, int nodes)
{
    private readonly Lazy<SampleSet?> _all = new(() => files.HasTest ? files.ReadTest() : null);

    /// <summary>The part of a node; <see langword="null"/> if there are no test files.</summary>
    /// <param name="nodeId">From 1.</param>
    /// <exception cref="DataException">The test set cannot be read.</exception>
    public SampleSet? Of(int nodeId) => _all.Value is { } all ? all.Select([.. Enumerable.Range(0, all.Count).Where(i => i % nodes == nodeId - 1)]) : null;
}
