using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>
/// The models of nodes that have their own, θ_i and buffers, as each node sent them after its last round. They are
/// forwarded to the node's neighbours, and to the node itself after a restart. All start from the global model. Dispose
/// after the connections have closed.
/// </summary>
internal sealed class NodeModels : IDisposable
{
    private readonly HostTensor[] _parameters;
    private readonly HostTensor[] _buffers;
    private readonly StepId[] _rounds;
    private readonly bool[] _came;

    /// <summary>Copies the global model once per node.</summary>
    /// <param name="model">The initial model.</param>
    /// <param name="count">Number of nodes.</param>
    public NodeModels(FlatParameters model, int count)
    {
        ScalarType type = model.Values.dtype;
        long bufferCount = FlatBuffers.Count(model);
        model.ValuesToHost();
        _parameters = new HostTensor[count];
        _buffers = new HostTensor[count];
        for (int i = 0; i < count; i++)
        {
            _parameters[i] = HostTensor.Zeros([model.Count], type);
            model.ValueBytes.CopyTo(_parameters[i].Memory);
            _buffers[i] = HostTensor.Zeros([bufferCount], type);
            FlatBuffers.Read(model, _buffers[i].Tensor);
        }

        _rounds = new StepId[count];
        _came = new bool[count];
    }

    /// <summary>θ of nodes 1, 2, …: <c>[P]</c> each, on the CPU.</summary>
    public IReadOnlyList<Tensor> Parameters => [.. _parameters.Select(p => p.Tensor)];

    /// <summary>The buffers of nodes 1, 2, …: <c>[Q]</c> each, on the CPU.</summary>
    public IReadOnlyList<Tensor> Buffers => [.. _buffers.Select(b => b.Tensor)];

    /// <summary>All tensors, under their names in checkpoints.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State =>
    [
        .. _parameters.Select((p, i) => ($"theta.{i + 1}", p.Tensor)),
        .. _buffers.Where(b => b.Shape[0] > 0).Select((b, i) => ($"buffers.{i + 1}", b.Tensor)),
    ];

    /// <summary>The round that produced a node's model.</summary>
    public StepId RoundOf(int node) => _rounds[node - 1];

    /// <summary>
    /// Whether the node sent its model in this session, and so still holds it unless it was restarted.
    /// </summary>
    public bool CameFrom(int node) => _came[node - 1];

    /// <summary>Stores what a node sent as its model.</summary>
    public void Keep(LocalUpdate update, StepId round)
    {
        int index = update.NodeId - 1;
        update.Parameters.Memory.CopyTo(_parameters[index].Memory);
        update.Buffers.Memory.CopyTo(_buffers[index].Memory);
        (_rounds[index], _came[index]) = (round, true);
    }

    /// <summary>
    /// Encodes a node's own model for that node: <c>params [P]</c>, and <c>buffers [Q]</c> where the model has any. The
    /// model must not change while the encoding is in use.
    /// </summary>
    public EncodedTensor[] Encode(int node, TensorEncodingOptions encoding) =>
    [
        .. from part in new[] { (Name: TensorNames.Parameters, Of: _parameters), (Name: TensorNames.Buffers, Of: _buffers) }
           let tensor = part.Of[node - 1]
           where tensor.Shape[0] > 0
           select EncodedTensor.Encode(part.Name, tensor.Type, tensor.Shape, tensor.Memory, encoding),
    ];

    /// <summary>
    /// Encodes the models of several nodes as rows, for their common neighbour: <c>neighbor_params [k, P]</c>, and
    /// <c>neighbor_buffers [k, Q]</c>.
    /// </summary>
    public EncodedTensor[] Encode(IReadOnlyList<int> nodes, TensorEncodingOptions encoding) =>
    [
        .. from part in new[] { (Name: TensorNames.NeighborParameters, Of: _parameters), (Name: TensorNames.NeighborBuffers, Of: _buffers) }
           let width = part.Of[0].Shape[0]
           where width > 0 && nodes.Count > 0
           select EncodedTensor.Encode(part.Name, part.Of[0].Type, [nodes.Count, width], Rows(part.Of, nodes), encoding),
    ];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (HostTensor tensor in _parameters.Concat(_buffers))
        {
            ((IDisposable)tensor).Dispose();
        }
    }

    private static byte[] Rows(HostTensor[] models, IReadOnlyList<int> nodes)
    {
        int length = models[0].Memory.Length;
        byte[] rows = GC.AllocateUninitializedArray<byte>(length * nodes.Count);
        for (int i = 0; i < nodes.Count; i++)
        {
            models[nodes[i] - 1].Memory.CopyTo(rows.AsMemory(i * length));
        }

        return rows;
    }
}
