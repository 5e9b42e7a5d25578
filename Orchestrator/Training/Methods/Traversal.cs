using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Training.Methods;

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

    private static ITrainingMethod Create(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        RunOptions options = parts.Options;
        if (parts.Model.Setup.Exchange.Kind().IsBlind)
        {
            return BlindTraining.Create(parts, sampleCounts);
        }

        int[][] samples = HoldOut.Of(sampleCounts, options.ValidationFraction, options.Seed).Training;
        return new GradientMethod(parts.Model, RunBatches.Of(options, samples), parts.Gradients, options.AllowNonFinite);
    }
}
