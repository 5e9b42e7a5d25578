using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// How many turns are under way at once, where they start from the same. Each has a copy of θ_O here, with its gradient and what an optimizer
/// keeps; only one of them computes at a time, so that a few are enough to have the nodes and the wire busy meanwhile.
/// </summary>
internal static class TurnWindow
{
    /// <summary>The fewest, however large the model.</summary>
    public const int Min = 4;

    // θ_O, its gradient, and two that an optimizer keeps.
    private const int Copies = 4;

    private const long Budget = 1L << 30;

    /// <summary>As many nodes as are asked at once in any round, and no more than have room in 1 GB; as many as <c>--visits_at_once</c> says, where it does.</summary>
    public static int Of(TrainingSetup setup, SchedulerOptions options)
    {
        int nodes = options.NodesAtOnce(setup);
        long bytes = (setup.Model.ParameterCount - setup.FirstParameterCount) * Copies * setup.ElementType.Size();
        return options.VisitsAtOnce > 0 ? nodes : (int)Math.Min(nodes, Math.Max(Min, Budget / bytes));
    }
}
