using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>The parts of a training run.</summary>
/// <param name="Model">θ, newly created.</param>
/// <param name="Method">The training method; <see langword="null"/> only if nothing is left to train.</param>
/// <param name="Data">The nodes' data.</param>
/// <param name="Test">The test set; <see langword="null"/> if there is none.</param>
internal sealed record TrainingParts(ModelManager Model, ITrainingMethod? Method, IReadOnlyList<NodeData> Data, SampleTensors? Test)
{
    /// <summary>Bytes sent and received so far.</summary>
    public Func<(long Sent, long Received)> Traffic { get; init; } = static () => (0, 0);

    /// <summary>Who holds the model.</summary>
    public required ModelHolder Holder { get; init; }
}
