using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Serves the visits of traversal learning, with the messages of the session's exchange.</summary>
/// <param name="context">Computes and replies.</param>
internal sealed class TraversalTasks(TaskContext context) : ITaskHandler
{
    private readonly TaskProcessor _processor = context.Processor;
    private readonly ExchangeKind _exchange = context.Processor.Setup.Exchange.Kind();
    private readonly ReceivedIndices _indices = new(context.Processor.SampleCount);
    private HostTensor? _logits;
    private HostTensor? _activationGradients;

    public IReadOnlyList<MessageType> Messages => _exchange.Requests;

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        switch (frame.Type)
        {
            case MessageType.ForwardPass:
                ReceivedTensors.RequireCount(frame, 2);
                destinations[0] = _indices.Accept(frame.Tensors[0]);
                ReceivedTensors.Require(frame.Tensors[1], TensorNames.Parameters, context.Type, [_processor.ParameterCount]);
                destinations[1] = _processor.ParameterBytes;
                break;
            case MessageType.LossPass:
                long[]? logits = _processor.LogitShape(frame.Read<LossPass>().Step);
                ReceivedTensors.AcceptRows(frame, destinations, TensorNames.Logits, context.Type, logits, ref _logits);
                break;
            default:
                long[]? activations = _processor.ActivationShape(frame.Read<Backward>().Step);
                ReceivedTensors.AcceptRows(frame, destinations, TensorNames.ActivationGradients, context.Type, activations, ref _activationGradients);
                break;
        }
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => frame.Type switch
    {
        MessageType.ForwardPass => ForwardAsync(frame.Read<ForwardPass>(), frame.RequestId, cancellationToken),
        MessageType.LossPass => LossAsync(frame.Read<LossPass>().Step, frame.RequestId, cancellationToken),
        _ => BackwardAsync(frame.Read<Backward>().Step, frame.RequestId, cancellationToken),
    };

    public void Dispose()
    {
        ReceivedTensors.Drop(ref _logits);
        ReceivedTensors.Drop(ref _activationGradients);
        _processor.ForgetParameters();
    }

    private async Task ForwardAsync(ForwardPass request, ulong requestId, CancellationToken cancellationToken)
    {
        StepId step = request.Step;
        (ForwardOutput? output, int elapsed) = await context.ComputeAsync(
            "forward pass", step, requestId, () => _processor.Forward(request, _indices.Of(step)), cancellationToken);
        if (output is null)
        {
            return;
        }

        context.VisitBegun(step.Epoch);
        using (output)
        {
            long rows = output.Activations.Shape[0];
            EncodedTensor activations = context.Encode(TensorNames.Activations, output.Activations);
            await (output.Loss is { } loss
                ? context.ReplyAsync(
                    new ForwardResult(step, loss.LossSum, loss.Hits, elapsed),
                    requestId,
                    [activations, context.Encode(TensorNames.LogitGradients, loss.LogitGradients)],
                    rows,
                    cancellationToken)
                : context.ReplyAsync(new ActivationResult(step, elapsed), requestId, [activations], rows, cancellationToken));
        }

        if (!_exchange.SendsActivationGradients)
        {
            // After the reply: the orchestrator computes its half in the meantime.
            await BackwardAsync(step, requestId, cancellationToken);
        }
    }

    private async Task LossAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (LossOutput? output, int elapsed) = await context.ComputeAsync(
            "loss", step, requestId, () => _processor.Holds(step) ? _processor.Loss(step, _logits!.Tensor) : null, cancellationToken);
        await context.ReplyLossAsync(output, step, requestId, elapsed, cancellationToken);
    }

    private async Task BackwardAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        int rows = 0;
        (ParameterGradient? gradients, int elapsed) = await context.ComputeAsync(
            "backward pass",
            step,
            requestId,
            () =>
            {
                rows = _processor.HeldRows(step);
                return _processor.Holds(step) ? _processor.Backward(step, _activationGradients?.Tensor) : null;
            },
            cancellationToken);
        if (gradients is null)
        {
            return;
        }

        using (gradients)
        {
            await context.ReplyAsync(
                new BackwardResult(step, elapsed),
                requestId,
                [context.Encode(TensorNames.ParameterGradients, gradients.Shape, gradients.Memory)],
                rows,
                cancellationToken);
        }
    }
}
