using TraversalLearning.Nodes;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// How many visits are under way at once. Each has a θ on its way out, in the sockets' buffers, and room for a gradient on its way in; with a
/// thousand nodes both are to stay within bounds, and a few dozen visits keep any link busy.
/// </summary>
internal static class VisitWindow
{
    /// <summary>The fewest, however large the model.</summary>
    public const int Min = 16;

    private const long Budget = 256 << 20;

    /// <summary>As many as fit into 256 MB.</summary>
    public static int Of(TrainingSetup setup)
    {
        long perVisit = (setup.NodeParameterCount + setup.FirstParameterCount) * setup.ElementType.Size();
        return (int)Math.Clamp(Budget / perVisit, Min, int.MaxValue);
    }
}
