using TraversalLearning.Messages;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Scheduling;

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.TakeBack(Parameters);
        _buffers.TakeBack(Buffers);
    }
}
