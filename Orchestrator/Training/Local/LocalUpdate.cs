using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>A node's result of training θ on its own samples. Disposing it returns its memory to the pools.</summary>
internal sealed class LocalUpdate : IDisposable
{
    private readonly TensorPool _parameters;
    private readonly TensorPool _buffers;

    /// <summary>Creates an update that awaits its reply.</summary>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="parameters">Lends memory for θ_i.</param>
    /// <param name="buffers">Lends memory for the model's buffers.</param>
    public LocalUpdate(int nodeId, TensorPool parameters, TensorPool buffers)
    {
        NodeId = nodeId;
        (_parameters, _buffers) = (parameters, buffers);
        Parameters = parameters.Lend();
        Buffers = buffers.Lend();
    }

    public int NodeId { get; }

    /// <summary>θ_i: <c>[P]</c>.</summary>
    public HostTensor Parameters { get; }

    /// <summary>The model's buffers: <c>[Q]</c>.</summary>
    public HostTensor Buffers { get; }

    /// <summary>Sum of the loss over <see cref="Rows"/>, each taken when the row was trained on.</summary>
    public double LossSum { get; private set; }

    /// <summary>Rows classified correctly when trained on.</summary>
    public long Hits { get; private set; }

    /// <summary>Rows trained on: every sample once for each pass.</summary>
    public long Rows { get; private set; }

    /// <summary>Compute time as reported by the node.</summary>
    public int ComputeMicroseconds { get; private set; }

    /// <summary>Fills in the results of a complete reply.</summary>
    public void Complete(LocalResult result, long rows) =>
        (LossSum, Hits, Rows, ComputeMicroseconds) = (result.LossSum, result.Hits, rows, result.ComputeMicroseconds);

    /// <summary>Summarises a round in which nodes trained on their own samples.</summary>
    /// <param name="updates">The updates received, in plan order.</param>
    /// <param name="plannedRows">Rows of all nodes asked; those of nodes without an update count as skipped.</param>
    /// <param name="visits">Number of nodes asked.</param>
    public static RoundOutcome OutcomeOf(IReadOnlyList<LocalUpdate> updates, long plannedRows, int visits)
    {
        long rows = updates.Sum(u => u.Rows);
        return new RoundOutcome(updates.Sum(u => u.LossSum), updates.Sum(u => u.Hits), rows, plannedRows - rows, visits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.TakeBack(Parameters);
        _buffers.TakeBack(Buffers);
    }
}
