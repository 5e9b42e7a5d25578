using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>
/// Serves the turns of split learning on one connection, one at a time. A lost connection ends the turn and discards its
/// progress; the orchestrator restarts it.
/// </summary>
/// <param name="context">Computes and replies.</param>
internal sealed class TurnTasks(TaskContext context) : ITaskHandler
{
    private readonly TaskProcessor _processor = context.Processor;
    private readonly ReceivedIndices _indices = new(context.Processor.SampleCount);
    private SplitTurn? _turn;
    private HostTensor? _parameters;
    private HostTensor? _buffers;
    private HostTensor? _logits;
    private HostTensor? _activationGradients;

    public IReadOnlyList<MessageType> Messages { get; } =
        [MessageType.TurnStart, MessageType.TurnForward, MessageType.LossPass, MessageType.TurnBackward, MessageType.TurnEnd];

    /// <summary>Handles a <see cref="LossPass"/> only during a turn.</summary>
    public bool Takes(MessageType type) => Messages.Contains(type) && (type != MessageType.LossPass || _turn is not null);

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        switch (frame.Type)
        {
            case MessageType.TurnStart:
                AcceptStart(frame, destinations);
                break;
            case MessageType.TurnForward:
                ReceivedTensors.RequireCount(frame, 1);
                destinations[0] = _indices.Accept(frame.Tensors[0]);
                break;
            case MessageType.LossPass:
                long[]? logits = _turn?.LogitShape(frame.Read<LossPass>().Step);
                ReceivedTensors.AcceptRows(frame, destinations, TensorNames.Logits, context.Type, logits, ref _logits);
                break;
            case MessageType.TurnBackward:
                long[]? activations = _turn?.ActivationShape(frame.Read<TurnBackward>().Step);
                ReceivedTensors.AcceptRows(frame, destinations, TensorNames.ActivationGradients, context.Type, activations, ref _activationGradients);
                break;
            default:
                ReceivedTensors.RequireCount(frame, 0);
                break;
        }
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => frame.Type switch
    {
        MessageType.TurnStart => StartAsync(frame.Read<TurnStart>(), frame.RequestId, cancellationToken),
        MessageType.TurnForward => ForwardAsync(frame.Read<TurnForward>().Step, frame.RequestId, cancellationToken),
        MessageType.LossPass => LossAsync(frame.Read<LossPass>().Step, frame.RequestId, cancellationToken),
        MessageType.TurnBackward => StepAsync(frame.Read<TurnBackward>().Step, frame.RequestId, cancellationToken),
        _ => EndAsync(frame.Read<TurnEnd>().Step, frame.RequestId, cancellationToken),
    };

    public void Dispose()
    {
        EndTurn();
        ReceivedTensors.Drop(ref _parameters);
        ReceivedTensors.Drop(ref _buffers);
        ReceivedTensors.Drop(ref _logits);
        ReceivedTensors.Drop(ref _activationGradients);
    }

    private void AcceptStart(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        ReceivedTensors.RequireCount(frame, _processor.BufferCount > 0 ? 2 : 1);
        ReceivedTensors.Require(frame.Tensors[0], TensorNames.Parameters, context.Type, [_processor.ParameterCount]);
        destinations[0] = ReceivedTensors.Reuse(ref _parameters, [_processor.ParameterCount], context.Type).Memory;
        if (_processor.BufferCount > 0)
        {
            ReceivedTensors.Require(frame.Tensors[1], TensorNames.Buffers, context.Type, [_processor.BufferCount]);
            destinations[1] = ReceivedTensors.Reuse(ref _buffers, [_processor.BufferCount], context.Type).Memory;
        }
    }

    private async Task StartAsync(TurnStart request, ulong requestId, CancellationToken cancellationToken)
    {
        EndTurn();
        (_turn, int elapsed) = await context.ComputeAsync(
            "start of a turn", request.Step, requestId, () => _processor.NewTurn(request, _parameters!, _buffers), cancellationToken);
        if (_turn is not null)
        {
            await context.ReplyAsync(new TurnAck(request.Step, elapsed), requestId, cancellationToken);
        }
    }

    private async Task ForwardAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (HostTensor? activations, int elapsed) = await context.ComputeAsync(
            "forward pass of a turn", step, requestId, () => _turn?.Forward(step, _indices.Of(step)), cancellationToken);
        if (activations is null)
        {
            return;
        }

        context.VisitBegun(step.Epoch);
        using IDisposable held = activations;
        await context.ReplyAsync(
            new ActivationResult(step, elapsed), requestId, [context.Encode(TensorNames.Activations, activations)], activations.Shape[0], cancellationToken);
    }

    private async Task LossAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (LossOutput? output, int elapsed) = await context.ComputeAsync(
            "loss of a turn", step, requestId, () => Holding(step)?.Loss(_logits!.Tensor), cancellationToken);
        await context.ReplyLossAsync(output, step, requestId, elapsed, cancellationToken);
    }

    private async Task StepAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (SplitTurn? turn, int elapsed) = await context.ComputeAsync(
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
            await context.ReplyAsync(new TurnAck(step, elapsed), requestId, cancellationToken);
        }
    }

    private async Task EndAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (SplitTurn? turn, int elapsed) = await context.ComputeAsync(
            "end of a turn", step, requestId, () => _turn?.End(step) == true ? _turn : null, cancellationToken);
        if (turn is null)
        {
            return;
        }

        EncodedTensor parameters = context.Encode(TensorNames.Parameters, [_processor.ParameterCount], turn.ValueBytes);
        await context.ReplyAsync(
            new TurnResult(step, elapsed),
            requestId,
            _processor.BufferCount > 0 ? [parameters, context.Encode(TensorNames.Buffers, turn.Buffers)] : [parameters],
            turn.Rows,
            cancellationToken);
        EndTurn();
    }

    /// <summary>The turn, if it holds the forward pass of this batch.</summary>
    private SplitTurn? Holding(StepId step) => _turn?.Holds(step) == true ? _turn : null;

    private void EndTurn()
    {
        _turn?.Dispose();
        _turn = null;
    }
}
