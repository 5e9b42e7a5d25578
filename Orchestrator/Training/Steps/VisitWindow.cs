using TraversalLearning.Nodes;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Limits the number of concurrent visits. Each holds an outgoing θ in socket buffers and memory for an incoming
/// gradient; both must stay bounded with a thousand nodes, and a few dozen visits keep any link busy.
/// </summary>
internal static class VisitWindow
{
    /// <summary>The minimum, regardless of model size.</summary>
    public const int Min = 16;

    private const long Budget = 256 << 20;

    /// <summary>The number of visits that fit in 256 MB.</summary>
    public static int Of(TrainingSetup setup)
    {
        long perVisit = (setup.NodeParameterCount + setup.FirstParameterCount) * setup.ElementType.Size();
        return (int)Math.Clamp(Budget / perVisit, Min, int.MaxValue);
    }
}
