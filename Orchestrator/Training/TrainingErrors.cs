using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training;

/// <summary>The orchestrator's own row of the table from exceptions to exit codes.</summary>
internal static class TrainingErrors
{
    /// <summary>Training, and a node's part in it.</summary>
    public static ErrorRow Training { get; } = new(ExitCode.TrainingFailed, static e => e is TaskFailedException or ModelException);
}
