using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Receive buffers for the models of a <see cref="GossipRound"/>: the neighbours' and, if sent, the node's own. Reused in every round.</summary>
internal sealed class GossipInbox(TaskProcessor processor) : IDisposable
{
    private readonly ElementType _type = processor.Setup.ElementType;
    private HostTensor? _neighborParameters;
    private HostTensor? _neighborBuffers;
    private HostTensor? _parameters;
    private HostTensor? _buffers;

    /// <summary>The models of the last frame.</summary>
    public GossipModels Received { get; private set; }

    /// <summary>
    /// Sets the destinations of a frame's tensors. Tensors that the node cannot use, because it lacks its own model or the memory,
    /// are skipped, and the reply says so.
    /// </summary>
    /// <exception cref="ProtocolException">The tensors are invalid for this message.</exception>
    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        GossipRound round = frame.Read<GossipRound>();
        int each = processor.BufferCount > 0 ? 2 : 1;
        bool mixes = frame.Tensors.Count > 0 && string.Equals(frame.Tensors[0].Name, TensorNames.NeighborParameters, StringComparison.Ordinal);
        int others = mixes ? each : 0;
        bool own = frame.Tensors.Count > others;
        ReceivedTensors.RequireCount(frame, own ? others + each : others);
        long count = round.Neighbors.Length;
        if (mixes)
        {
            ReceivedTensors.Require(frame.Tensors[0], TensorNames.NeighborParameters, _type, [count, processor.ParameterCount]);
        }

        if (own)
        {
            ReceivedTensors.Require(frame.Tensors[others], TensorNames.Parameters, _type, [processor.ParameterCount]);
        }

        if (each == 2)
        {
            if (mixes)
            {
                ReceivedTensors.Require(frame.Tensors[1], TensorNames.NeighborBuffers, _type, [count, processor.BufferCount]);
            }

            if (own)
            {
                ReceivedTensors.Require(frame.Tensors[others + 1], TensorNames.Buffers, _type, [processor.BufferCount]);
            }
        }

        Received = default;
        if (!processor.Gossip.HasRoomFor(round) || !(own || processor.Gossip.Holds(round)))
        {
            return;
        }

        Received = new GossipModels(
            mixes ? Receive(frame, destinations, 0, each, ref _neighborParameters, ref _neighborBuffers) : null,
            own ? Receive(frame, destinations, others, each, ref _parameters, ref _buffers) : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReceivedTensors.Drop(ref _neighborParameters);
        ReceivedTensors.Drop(ref _neighborBuffers);
        ReceivedTensors.Drop(ref _parameters);
        ReceivedTensors.Drop(ref _buffers);
    }

    private (HostTensor Parameters, HostTensor? Buffers) Receive(
        IncomingFrame frame, Span<Memory<byte>> destinations, int first, int count, ref HostTensor? parameters, ref HostTensor? buffers)
    {
        destinations[first] = ReceivedTensors.Reuse(ref parameters, frame.Tensors[first].Shape, _type).Memory;
        if (count == 2)
        {
            destinations[first + 1] = ReceivedTensors.Reuse(ref buffers, frame.Tensors[first + 1].Shape, _type).Memory;
        }

        return (parameters!, buffers);
    }
}
