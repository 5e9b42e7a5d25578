using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>What a node has made of θ on its own samples. Disposing it gives its memory back.</summary>
internal sealed class LocalUpdate : IDisposable
{
    private readonly TensorPool _parameters;
    private readonly TensorPool _buffers;

    /// <summary>Nothing has come yet.</summary>
    /// <param name="nodeId">Whose.</param>
    /// <param name="parameters">Lends memory for θ_i.</param>
    /// <param name="buffers">Lends memory for the model's buffers.</param>
    public LocalUpdate(int nodeId, TensorPool parameters, TensorPool buffers)
    {
        NodeId = nodeId;
        (_parameters, _buffers) = (parameters, buffers);
        Parameters = parameters.Lend();
        Buffers = buffers.Lend();
    }

    /// <summary>Whose.</summary>
    public int NodeId { get; }

    /// <summary>θ_i: <c>[P]</c>.</summary>
    public HostTensor Parameters { get; }

    /// <summary>The model's buffers: <c>[Q]</c>.</summary>
    public HostTensor Buffers { get; }

    /// <summary>Sum of the loss over <see cref="Rows"/>, each taken when it was trained on.</summary>
    public double LossSum { get; private set; }

    /// <summary>Rows that were classified rightly then.</summary>
    public long Hits { get; private set; }

    /// <summary>Rows trained on: every sample once for each pass.</summary>
    public long Rows { get; private set; }

    /// <summary>How long the node says that it computed.</summary>
    public int ComputeMicroseconds { get; private set; }

    /// <summary>All has come.</summary>
    public void Complete(LocalResult result, long rows) =>
        (LossSum, Hits, Rows, ComputeMicroseconds) = (result.LossSum, result.Hits, rows, result.ComputeMicroseconds);

    /// <summary>What is said of a round in which nodes trained on their own samples.</summary>
    /// <param name="updates">What came of it, in plan order.</param>
    /// <param name="plannedRows">Rows of all that were asked; those of nodes without an update were skipped.</param>
    /// <param name="visits">Nodes that were asked.</param>
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
