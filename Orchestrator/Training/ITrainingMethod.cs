using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// A way to train: what is asked of nodes in a round, how θ comes of it, and what is said of it. Rounds make epochs, and behind each epoch the
/// model is evaluated and the learning rate moves on; that, checkpoints and reports are the loop's business (docs/extending.md).
/// </summary>
internal interface ITrainingMethod
{
    /// <summary>Rounds of an epoch: a batch each, or one that is a pass over the nodes' data.</summary>
    int RoundsPerEpoch { get; }

    /// <summary>Where the time of a round goes.</summary>
    StepClock Clock { get; }

    /// <summary>
    /// What rounds change beside θ, buffers and optimizer, such as each node's own θ: the tensors themselves, written into checkpoints and brought
    /// back from them under these names.
    /// </summary>
    IReadOnlyList<(string Name, Tensor Tensor)> State => [];

    /// <summary>
    /// Does a round and updates the model. The result depends on the round and the model alone, never on the order in which replies arrive, so that
    /// a run that is resumed here goes on as if it had not ended. Where it throws, the model is as it was before.
    /// </summary>
    Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken);
}
