using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>The virtual batches of a run.</summary>
internal static class RunBatches
{
    /// <summary>The planner of a run that trains on all samples.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    /// <exception cref="Hosting.UserErrorException">A batch would be too small for a layer.</exception>
    public static VirtualBatchPlanner Of(RunOptions options, IReadOnlyList<int> sampleCounts) =>
        Of(options, [.. sampleCounts.Select(count => Enumerable.Range(0, count).ToArray())]);

    /// <summary>The planner of a run that trains on a subset of the samples.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="indices">Local indices of the training samples on nodes 1, 2, ….</param>
    /// <exception cref="Hosting.UserErrorException">A batch would be too small for a layer.</exception>
    public static VirtualBatchPlanner Of(RunOptions options, int[][] indices)
    {
        BatchSizes.Require(options, [.. indices.Select(own => own.Length)]);
        return new VirtualBatchPlanner(indices, options.BatchSize, options.Seed, options.LastBatch);
    }
}
