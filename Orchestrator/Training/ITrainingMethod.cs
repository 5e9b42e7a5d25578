using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// A training method: what a round asks of nodes, how the replies update θ, and what is reported. Rounds make up
/// epochs. The loop evaluates the model after each epoch, advances the learning rate, writes checkpoints and reports
/// (docs/extending.md).
/// </summary>
internal interface ITrainingMethod
{
    /// <summary>Rounds per epoch: one per batch, or a single pass over the nodes' data.</summary>
    int RoundsPerEpoch { get; }

    /// <summary>Measures where the time of a round goes.</summary>
    StepClock Clock { get; }

    /// <summary>
    /// State besides θ, buffers and optimizer that rounds change, such as each node's own θ. Checkpoints save and
    /// restore these tensors under these names.
    /// </summary>
    IReadOnlyList<(string Name, Tensor Tensor)> State => [];

    /// <summary>
    /// Runs a round and updates the model. The result depends on the round and the model alone, never on the order of
    /// replies, so that a resumed run continues exactly. If it throws, the model is unchanged.
    /// </summary>
    Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken);
}
