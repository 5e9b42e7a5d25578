using TraversalLearning.Orchestration.Scheduling;
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

/// <summary>Which round.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Index">From 0 within the epoch.</param>
internal readonly record struct Round(int Epoch, int Index);

/// <summary>What is said of a round.</summary>
/// <param name="LossSum">Sum of the training loss over the rows.</param>
/// <param name="Hits">Rows that were classified rightly while they were trained on.</param>
/// <param name="Rows">Rows trained on, once for each time.</param>
/// <param name="SkippedRows">Rows that were planned and left out, with nodes that were lost.</param>
/// <param name="Visits">Nodes that were asked.</param>
internal readonly record struct RoundOutcome(double LossSum, long Hits, long Rows, long SkippedRows, int Visits)
{
    /// <summary>That of a round in which nodes trained on their own samples.</summary>
    /// <param name="updates">What came of it, in plan order.</param>
    /// <param name="plannedRows">Rows of all that were asked; those of nodes without an update were skipped.</param>
    /// <param name="visits">Nodes that were asked.</param>
    public static RoundOutcome Of(IReadOnlyList<LocalUpdate> updates, long plannedRows, int visits)
    {
        long rows = updates.Sum(u => u.Rows);
        return new RoundOutcome(updates.Sum(u => u.LossSum), updates.Sum(u => u.Hits), rows, plannedRows - rows, visits);
    }
}
