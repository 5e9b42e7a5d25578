using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// Serves the turns of split learning of one connection, one at a time. A turn ends with its connection: what was done of it is gone, and the
/// orchestrator begins it anew.
/// </summary>
/// <param name="session">Of the connection.</param>
/// <param name="processor">Computes.</param>
/// <param name="meter">Counts batches.</param>
internal sealed class TurnTasks(NodeSession session, TaskProcessor processor, NodeMeter? meter) : IDisposable
{
    private readonly ElementType _type = processor.Setup.ElementType;
    private SplitTurn? _turn;
    private HostTensor? _parameters;
    private HostTensor? _buffers;
    private HostTensor? _logits;
    private HostTensor? _activationGradients;

    /// <summary>Whether frames of this type are for a turn: within one a <see cref="LossPass"/> is, too.</summary>
    public bool Serves(MessageType type) => !processor.Setup.Exchange.Kind().NodesHaveModel
        && (type is MessageType.TurnStart or MessageType.TurnForward or MessageType.TurnBackward or MessageType.TurnEnd
            || (type == MessageType.LossPass && _turn is not null));

    /// <inheritdoc cref="IFrameHandler.Accept"/>
    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        switch (frame.Type)
        {
            case MessageType.TurnStart:
                AcceptStart(frame, destinations);
                break;
            case MessageType.TurnForward:
                NodeSession.RequireTensors(frame, 1);
                destinations[0] = session.AcceptIndices(frame.Tensors[0]);
                break;
            case MessageType.LossPass:
                session.AcceptRows(frame, destinations, TensorNames.Logits, _turn?.LogitShape(frame.Read<LossPass>().Step), ref _logits);
                break;
            case MessageType.TurnBackward:
                session.AcceptRows(
                    frame,
                    destinations,
                    TensorNames.ActivationGradients,
                    _turn?.ActivationShape(frame.Read<TurnBackward>().Step),
                    ref _activationGradients);
                break;
            default:
                NodeSession.RequireTensors(frame, 0);
                break;
        }
    }

    /// <inheritdoc cref="IFrameHandler.HandleAsync"/>
    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => frame.Type switch
    {
        MessageType.TurnStart => StartAsync(frame.Read<TurnStart>(), frame.RequestId, cancellationToken),
        MessageType.TurnForward => ForwardAsync(frame.Read<TurnForward>().Step, frame.RequestId, cancellationToken),
        MessageType.LossPass => LossAsync(frame.Read<LossPass>().Step, frame.RequestId, cancellationToken),
        MessageType.TurnBackward => StepAsync(frame.Read<TurnBackward>().Step, frame.RequestId, cancellationToken),
        _ => EndAsync(frame.Read<TurnEnd>().Step, frame.RequestId, cancellationToken),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        EndTurn();
        foreach (IDisposable? memory in new IDisposable?[] { _parameters, _buffers, _logits, _activationGradients })
        {
            memory?.Dispose();
        }
    }

    private void AcceptStart(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        NodeSession.RequireTensors(frame, processor.BufferCount > 0 ? 2 : 1);
        NodeSession.RequireTensor(frame.Tensors[0], TensorNames.Parameters, _type, [processor.ParameterCount]);
        destinations[0] = NodeSession.Reuse(ref _parameters, [processor.ParameterCount], processor.Setup.ElementType).Memory;
        if (processor.BufferCount > 0)
        {
            NodeSession.RequireTensor(frame.Tensors[1], TensorNames.Buffers, _type, [processor.BufferCount]);
            destinations[1] = NodeSession.Reuse(ref _buffers, [processor.BufferCount], processor.Setup.ElementType).Memory;
        }
    }

    private async Task StartAsync(TurnStart request, ulong requestId, CancellationToken cancellationToken)
    {
        EndTurn();
        (_turn, int elapsed) = await session.ComputeAsync(
            "start of a turn", request.Step, requestId, () => processor.NewTurn(request, _parameters!, _buffers), cancellationToken);
        if (_turn is not null)
        {
            await session.ReplyAsync(new TurnAck(request.Step, elapsed), requestId, [], cancellationToken);
        }
    }

    private async Task ForwardAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (HostTensor? activations, int elapsed) = await session.ComputeAsync(
            "forward pass of a turn", step, requestId, () => _turn?.Forward(step, session.IndicesOf(step)), cancellationToken);
        if (activations is null)
        {
            return;
        }

        meter?.VisitBegun(step.Epoch);
        using IDisposable held = activations;
        await session.ReplyAsync(
            new ActivationResult(step, elapsed), requestId, [session.Encode(TensorNames.Activations, activations)], cancellationToken);
    }

    private async Task LossAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (LossOutput? output, int elapsed) = await session.ComputeAsync(
            "loss of a turn", step, requestId, () => Holding(step)?.Loss(_logits!.Tensor), cancellationToken);
        if (output is null)
        {
            return;
        }

        using (output)
        {
            await session.ReplyAsync(
                new LossResult(step, output.LossSum, output.Hits, elapsed),
                requestId,
                [session.Encode(TensorNames.LogitGradients, output.LogitGradients)],
                cancellationToken);
        }
    }

    private async Task StepAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (SplitTurn? turn, int elapsed) = await session.ComputeAsync(
            "step of a turn",
            step,
            requestId,
            () =>
            {
                SplitTurn? held = Holding(step);
                held?.Step(_activationGradients!.Tensor);
                return held;
            },
            cancellationToken);
        if (turn is not null)
        {
            await session.ReplyAsync(new TurnAck(step, elapsed), requestId, [], cancellationToken);
        }
    }

    private async Task EndAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (SplitTurn? turn, int elapsed) = await session.ComputeAsync(
            "end of a turn", step, requestId, () => _turn?.End(step) == true ? _turn : null, cancellationToken);
        if (turn is null)
        {
            return;
        }

        EncodedTensor parameters = session.Encode(TensorNames.Parameters, [processor.ParameterCount], turn.ValueBytes);
        await session.ReplyAsync(
            new TurnResult(step, elapsed),
            requestId,
            processor.BufferCount > 0 ? [parameters, session.Encode(TensorNames.Buffers, turn.Buffers)] : [parameters],
            cancellationToken);
        EndTurn();
    }

    /// <summary>The turn, if the forward pass of this batch is held.</summary>
    private SplitTurn? Holding(StepId step) => _turn?.Holds(step) == true ? _turn : null;

    private void EndTurn()
    {
        _turn?.Dispose();
        _turn = null;
    }
}
