using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>
/// The model of every node, θ_i and buffers, where nodes have models of their own: as the node sent it after its last round, to be handed on to its
/// neighbours, and to itself if it was restarted. All begin with the global one. To be disposed once the connections have ended.
/// </summary>
internal sealed class NodeModels : IDisposable
{
    private readonly HostTensor[] _parameters;
    private readonly HostTensor[] _buffers;
    private readonly StepId[] _rounds;
    private readonly bool[] _came;

    /// <summary>Makes copies of a model.</summary>
    /// <param name="model">That they begin with.</param>
    /// <param name="count">How many nodes there are.</param>
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

    /// <summary>θ of node 1, 2, …: <c>[P]</c> each, on the CPU.</summary>
    public IReadOnlyList<Tensor> Parameters => [.. _parameters.Select(p => p.Tensor)];

    /// <summary>The buffers of node 1, 2, …: <c>[Q]</c> each, on the CPU.</summary>
    public IReadOnlyList<Tensor> Buffers => [.. _buffers.Select(b => b.Tensor)];

    /// <summary>Everything, under the names that checkpoints have for it.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State =>
    [
        .. _parameters.Select((p, i) => ($"theta.{i + 1}", p.Tensor)),
        .. _buffers.Where(b => b.Shape[0] > 0).Select((b, i) => ($"buffers.{i + 1}", b.Tensor)),
    ];

    /// <summary>The round that a node's model comes of.</summary>
    public StepId RoundOf(int node) => _rounds[node - 1];

    /// <summary>Whether the model came from the node in this session, so that the node holds it unless it was restarted.</summary>
    public bool CameFrom(int node) => _came[node - 1];

    /// <summary>Makes what a node sent its model.</summary>
    public void Keep(LocalUpdate update, StepId round)
    {
        int index = update.NodeId - 1;
        update.Parameters.Memory.CopyTo(_parameters[index].Memory);
        update.Buffers.Memory.CopyTo(_buffers[index].Memory);
        (_rounds[index], _came[index]) = (round, true);
    }

    /// <summary>A node's model, to be sent to itself: <c>params [P]</c>, and <c>buffers [Q]</c> where there are some. It must not change meanwhile.</summary>
    public EncodedTensor[] Encode(int node, TensorEncodingOptions encoding) =>
    [
        .. from part in new[] { (Name: TensorNames.Parameters, Of: _parameters), (Name: TensorNames.Buffers, Of: _buffers) }
           let tensor = part.Of[node - 1]
           where tensor.Shape[0] > 0
           select EncodedTensor.Encode(part.Name, tensor.Type, tensor.Shape, tensor.Memory, encoding),
    ];

    /// <summary>Models of several nodes as rows, to be sent to their neighbour: <c>neighbor_params [k, P]</c>, and <c>neighbor_buffers [k, Q]</c>.</summary>
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
