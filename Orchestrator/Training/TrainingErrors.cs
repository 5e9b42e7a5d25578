using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training;

/// <summary>The orchestrator's own row in the mapping from exceptions to exit codes.</summary>
internal static class TrainingErrors
{
    /// <summary>Failures of training, on the orchestrator or on a node.</summary>
    public static ErrorRow Training { get; } = new(ExitCode.TrainingFailed, static e => e is TaskFailedException or ModelException);
}
