using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>Serves what nodes are asked that train on their own samples: from a θ that comes with it, or from a mixture of their neighbours' models.</summary>
/// <param name="session">Of the connection.</param>
/// <param name="processor">Computes.</param>
/// <param name="meter">Counts rounds.</param>
internal sealed class LocalTasks(NodeSession session, TaskProcessor processor, NodeMeter? meter) : IDisposable
{
    private readonly ElementType _type = processor.Setup.ElementType;
    private readonly GossipInbox _gossip = new(processor);
    private HostTensor? _buffers;

    /// <summary>Whether frames of this type are for such training: a node that has the layers in front of the cut only cannot.</summary>
    public bool Serves(MessageType type) =>
        (type is MessageType.LocalTraining or MessageType.GossipRound) && processor.Setup.Exchange.Kind().NodesHaveModel;

    /// <inheritdoc cref="IFrameHandler.Accept"/>
    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (frame.Type == MessageType.GossipRound)
        {
            _gossip.Accept(frame, destinations);
            return;
        }

        NodeSession.RequireTensors(frame, processor.BufferCount > 0 ? 2 : 1);
        NodeSession.RequireTensor(frame.Tensors[0], TensorNames.Parameters, _type, [processor.ParameterCount]);
        destinations[0] = processor.ParameterBytes;
        if (processor.BufferCount > 0)
        {
            NodeSession.RequireTensor(frame.Tensors[1], TensorNames.Buffers, _type, [processor.BufferCount]);
            destinations[1] = NodeSession.Reuse(ref _buffers, [processor.BufferCount], _type).Memory;
        }
    }

    /// <inheritdoc cref="IFrameHandler.HandleAsync"/>
    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => frame.Type == MessageType.GossipRound
        ? GossipAsync(frame.Read<GossipRound>(), frame.RequestId, cancellationToken)
        : TrainAsync(frame.Read<LocalTraining>(), frame.RequestId, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _gossip.Dispose();
        NodeSession.Drop(ref _buffers);
    }

    private async Task TrainAsync(LocalTraining request, ulong requestId, CancellationToken cancellationToken)
    {
        meter?.VisitBegun(request.Step.Epoch);
        (LocalOutput? output, int elapsed) = await session.ComputeAsync(
            "local training", request.Step, requestId, () => processor.Train(request, _buffers, cancellationToken), cancellationToken);
        if (output is null)
        {
            return;
        }

        using (output)
        {
            await session.ReplyAsync(ResultOf(request, output, elapsed), requestId, Encode(output), cancellationToken);
        }
    }

    private async Task GossipAsync(GossipRound round, ulong requestId, CancellationToken cancellationToken)
    {
        StepId step = round.Training.Step;
        meter?.VisitBegun(step.Epoch);
        var absent = new TaskFailed(TaskFailureCodes.NoModel, $"no model of {StepId.InWords(round.ModelEpoch, round.ModelBatch)} is held");
        (LocalOutput? output, int elapsed) = await session.ComputeAsync(
            "round of gossip", step, requestId, () => processor.Gossip.Train(round, _gossip, cancellationToken), cancellationToken, absent);
        if (output is not null)
        {
            // It stays the node's model for the next round.
            await session.ReplyAsync(
                new GossipResult(ResultOf(round.Training, output, elapsed), round.Neighbors), requestId, Encode(output), cancellationToken);
        }
    }

    private LocalResult ResultOf(LocalTraining request, LocalOutput output, int elapsed) => new(request.Step, output.Outcome.LossSum, output.Outcome.Hits, elapsed)
    {
        Rows = request.DropsLast ? request.RowsOf(processor.SampleCount) : null,
    };

    private EncodedTensor[] Encode(LocalOutput output)
    {
        EncodedTensor parameters = session.Encode(TensorNames.Parameters, output.Parameters);
        return processor.BufferCount > 0 ? [parameters, session.Encode(TensorNames.Buffers, output.Buffers)] : [parameters];
    }
}
