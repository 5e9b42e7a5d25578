using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Methods;

/// <summary>Traversal learning (design section 2): virtual batches that span the nodes, one optimizer step each on the gradient of the pooled rows.</summary>
internal static class Traversal
{
    /// <summary><c>tl</c>.</summary>
    public static MethodKind Kind { get; } = new(Algorithm.Traversal.Name, "traversal learning: the result of centralized training", Create)
    {
        Adapt = static options =>
        {
            Exactness.Require(options);
            return options;
        },
    };

    private static GradientMethod Create(Training.Orchestrator orchestrator, IReadOnlyList<int> sampleCounts)
    {
        RunOptions options = orchestrator.Options;
        int[][] samples = HoldOut.Of(sampleCounts, options.ValidationFraction, options.Seed).Training;
        BatchSizes.Require(options, [.. samples.Select(s => s.Length)]);
        return new GradientMethod(
            orchestrator.Model, new VirtualBatchPlanner(samples, options.BatchSize, options.Seed, options.LastBatch), orchestrator.Gradients, options.AllowNonFinite);
    }
}
