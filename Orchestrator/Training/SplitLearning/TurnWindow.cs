using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// Limits the number of concurrent turns that share a starting state. Each holds a copy of θ_O with its gradient and
/// optimizer state. Only one computes at a time, so a few suffice to keep nodes and network busy.
/// </summary>
internal static class TurnWindow
{
    /// <summary>The minimum, regardless of model size.</summary>
    public const int Min = 4;

    // θ_O, its gradient, and two optimizer states.
    private const int Copies = 4;

    private const long Budget = 1L << 30;

    /// <summary>
    /// The value of <c>--visits_at_once</c> if given; otherwise the usual number of concurrent nodes, limited to what
    /// fits in 1 GB.
    /// </summary>
    public static int Of(TrainingSetup setup, SchedulerOptions options)
    {
        int nodes = options.NodesAtOnce(setup);
        long bytes = (setup.Model.ParameterCount - setup.FirstParameterCount) * Copies * setup.ElementType.Size();
        return options.VisitsAtOnce > 0 ? nodes : (int)Math.Min(nodes, Math.Max(Min, Budget / bytes));
    }
}
