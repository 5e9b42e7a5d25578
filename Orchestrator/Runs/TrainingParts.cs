using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>What a run trains, and with what.</summary>
/// <param name="Model">θ, just made.</param>
/// <param name="Method">How; <see langword="null"/> only where nothing is left to be trained.</param>
/// <param name="Data">Of the nodes.</param>
/// <param name="Test">What it is evaluated on; <see langword="null"/> if there is nothing.</param>
internal sealed record TrainingParts(ModelManager Model, ITrainingMethod? Method, IReadOnlyList<NodeData> Data, SampleTensors? Test)
{
    /// <summary>Bytes sent and received so far.</summary>
    public Func<(long Sent, long Received)> Traffic { get; init; } = static () => (0, 0);

    /// <summary>Validates it after every epoch; <see langword="null"/> if no samples are kept out for that.</summary>
    public Validator? Validate { get; init; }
}
