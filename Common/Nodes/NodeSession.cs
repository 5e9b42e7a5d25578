using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// Serves the tasks of one connection, one at a time: the next frame is not read before the reply to this one is out, so
/// that nothing queues up and θ is not overwritten under a computation.
/// </summary>
internal sealed class NodeSession(Connection connection, TaskProcessor processor, TensorEncodingOptions encoding, ILogger log, NodeMeter? meter = null, string? metadata = null)
    : IFrameHandler, IDisposable
{
    private readonly ElementType _type = processor.Setup.ElementType;
    private byte[] _indices = [];
    private int _indexBytes;
    private HostTensor? _logits;
    private HostTensor? _activationGradients;
    private TurnTasks? _turns;
    private LocalTasks? _local;

    /// <summary>The orchestrator's farewell, once it came.</summary>
    public Shutdown? Shutdown { get; private set; }

    private TurnTasks Turns => _turns ??= new TurnTasks(this, processor, meter);

    private LocalTasks Local => _local ??= new LocalTasks(this, processor, meter);

    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        switch (frame.Type)
        {
            case var type when Turns.Serves(type):
                Turns.Accept(frame, destinations);
                return true;
            case var type when Local.Serves(type):
                Local.Accept(frame, destinations);
                return true;
            case MessageType.ForwardPass:
            case MessageType.ValidationPass when processor.Setup.Exchange != Exchange.Relay:
                AcceptForward(frame, destinations);
                return true;
            case MessageType.LossPass when processor.Setup.Exchange == Exchange.Relay:
                AcceptRows(frame, destinations, TensorNames.Logits, processor.LogitShape(frame.Read<LossPass>().Step), ref _logits);
                return true;
            case MessageType.Backward:
                AcceptRows(
                    frame, destinations, TensorNames.ActivationGradients, processor.ActivationShape(frame.Read<Backward>().Step), ref _activationGradients);
                return true;
            case MessageType.IndexRangeQuery or MessageType.Shutdown:
                return true;
            default:
                ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the orchestrator sent {frame.Type}");
                return false;
        }
    }

    public async ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        switch (frame.Type)
        {
            case var type when Turns.Serves(type):
                await Turns.HandleAsync(frame, cancellationToken);
                break;
            case var type when Local.Serves(type):
                await Local.HandleAsync(frame, cancellationToken);
                break;
            case MessageType.ForwardPass:
                ForwardPass request = frame.Read<ForwardPass>();
                await (processor.Setup.Exchange == Exchange.Relay
                    ? ForwardFirstAsync(request.Step, frame.RequestId, cancellationToken)
                    : ForwardAsync(request, frame.RequestId, cancellationToken));
                break;
            case MessageType.LossPass:
                await LossAsync(frame.Read<LossPass>().Step, frame.RequestId, cancellationToken);
                break;
            case MessageType.Backward:
                await BackwardAsync(frame.Read<Backward>().Step, frame.RequestId, cancellationToken);
                break;
            case MessageType.ValidationPass:
                await ValidateAsync(frame.Read<ValidationPass>(), frame.RequestId, cancellationToken);
                break;
            case MessageType.IndexRangeQuery:
                await connection.SendAsync(new IndexRange(processor.SampleCount, metadata), frame.RequestId, default, null, cancellationToken);
                break;
            case MessageType.Shutdown:
                Shutdown = frame.Read<Shutdown>();
                connection.End("the session is over");
                break;
        }
    }

    public void Dispose()
    {
        Drop(ref _logits);
        Drop(ref _activationGradients);
        _turns?.Dispose();
        _local?.Dispose();
        processor.ForgetParameters();
    }

    internal static void RequireTensors(IncomingFrame frame, int count)
    {
        if (frame.Tensors.Count != count)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{frame.Type} came with {frame.Tensors.Count} tensors, not {count}");
        }
    }

    internal static void RequireTensor(TensorDescriptor tensor, string name, ElementType type, ReadOnlySpan<long> shape)
    {
        if (!tensor.Is(name, type, shape))
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"got {tensor} where {name} {type}[{string.Join(',', shape.ToArray())}] was expected");
        }
    }

    private void AcceptForward(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        RequireTensors(frame, 2);
        destinations[0] = AcceptIndices(frame.Tensors[0]);
        RequireTensor(frame.Tensors[1], TensorNames.Parameters, _type, [processor.ParameterCount]);
        destinations[1] = processor.ParameterBytes;
    }

    /// <summary>Where the sample indices of a forward pass go; <see cref="IndicesOf"/> has them then.</summary>
    internal Memory<byte> AcceptIndices(TensorDescriptor indices)
    {
        long rows = indices.Shape is [var m] ? m : -1;
        RequireTensor(indices, TensorNames.Indices, ElementType.Int32, [Math.Clamp(rows, 1, Math.Max(processor.SampleCount, 1))]);
        if (_indices.Length < indices.RawLength)
        {
            _indices = new byte[indices.RawLength];
        }

        _indexBytes = (int)indices.RawLength;
        return _indices.AsMemory(0, _indexBytes);
    }

    /// <summary>Receives a tensor for the rows of the pending forward pass.</summary>
    /// <param name="frame">Has it.</param>
    /// <param name="destinations">Told where it goes.</param>
    /// <param name="name">Which tensor.</param>
    /// <param name="shape">Its shape; <see langword="null"/> if no such pass is held: it is read over, and <see cref="HandleAsync"/> answers so.</param>
    /// <param name="rows">Its memory, kept from step to step.</param>
    internal void AcceptRows(IncomingFrame frame, Span<Memory<byte>> destinations, string name, long[]? shape, ref HostTensor? rows)
    {
        RequireTensors(frame, 1);
        if (shape is null)
        {
            return;
        }

        RequireTensor(frame.Tensors[0], name, _type, shape);
        destinations[0] = Reuse(ref rows, shape, _type).Memory;
    }

    /// <summary>A tensor of this shape, the same one as long as that does not change.</summary>
    internal static HostTensor Reuse(ref HostTensor? tensor, long[] shape, ElementType type)
    {
        if (tensor is null || !tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            Drop(ref tensor);
            tensor = HostTensor.Zeros(shape, type.ToScalarType());
        }

        return tensor;
    }

    private async Task ForwardAsync(ForwardPass request, ulong requestId, CancellationToken cancellationToken)
    {
        StepId step = request.Step;
        (ForwardOutput? output, int elapsed) = await ComputeAsync(
            "forward pass", step, requestId, () => processor.Forward(request, IndicesOf(step)), cancellationToken);
        if (output is null)
        {
            return;
        }

        meter?.VisitBegun(step.Epoch);
        using (output)
        {
            await ReplyAsync(
                new ForwardResult(step, output.LossSum, output.Hits, elapsed),
                requestId,
                [Encode(TensorNames.Activations, output.Activations), Encode(TensorNames.LogitGradients, output.LogitGradients)],
                cancellationToken);
        }

        if (processor.Setup.Exchange == Exchange.OnePhase)
        {
            // Only now: the orchestrator has its half to compute meanwhile.
            await BackwardAsync(step, requestId, cancellationToken);
        }
    }

    /// <summary>The forward pass with a relay.</summary>
    private async Task ForwardFirstAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (HostTensor? activations, int elapsed) = await ComputeAsync(
            "forward pass", step, requestId, () => processor.ForwardFirst(step, IndicesOf(step)), cancellationToken);
        if (activations is null)
        {
            return;
        }

        meter?.VisitBegun(step.Epoch);
        using IDisposable held = activations;
        await ReplyAsync(new ActivationResult(step, elapsed), requestId, [Encode(TensorNames.Activations, activations)], cancellationToken);
    }

    private async Task LossAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (LossOutput? output, int elapsed) = await ComputeAsync(
            "loss", step, requestId, () => processor.Holds(step) ? processor.Loss(step, _logits!.Tensor) : null, cancellationToken);
        if (output is null)
        {
            return;
        }

        using (output)
        {
            await ReplyAsync(
                new LossResult(step, output.LossSum, output.Hits, elapsed),
                requestId,
                [Encode(TensorNames.LogitGradients, output.LogitGradients)],
                cancellationToken);
        }
    }

    private async Task BackwardAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        (ParameterGradient? gradients, int elapsed) = await ComputeAsync(
            "backward pass", step, requestId, () => processor.Holds(step) ? processor.Backward(step, _activationGradients?.Tensor) : null, cancellationToken);
        if (gradients is null)
        {
            return;
        }

        using (gradients)
        {
            await ReplyAsync(new BackwardResult(step, elapsed), requestId, [Encode(gradients)], cancellationToken);
        }
    }

    private async Task ValidateAsync(ValidationPass request, ulong requestId, CancellationToken cancellationToken)
    {
        (RowValidation? output, int elapsed) = await ComputeAsync(
            "validation", request.Step, requestId, () => processor.Validate(request, IndicesOf(request.Step), cancellationToken), cancellationToken);
        if (output is not null)
        {
            await connection.SendAsync(
                new ValidationResult(request.Step, output.LossSum, output.Hits, elapsed), requestId, default, null, cancellationToken);
        }
    }

    /// <summary>Computes when it is this node's turn.</summary>
    /// <param name="task">What, for people.</param>
    /// <param name="step">Of which step.</param>
    /// <param name="requestId">What is answered.</param>
    /// <param name="compute">
    /// Gives <see langword="null"/> if what it needs, the step's forward pass, is not held. It looks within the turn: θ may have changed while this node waited for it.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="absent">The answer then, where it is no forward pass that is missing.</param>
    /// <returns>The result and its microseconds; <see langword="null"/> where there is none, which has been answered.</returns>
    internal async Task<(T? Result, int Microseconds)> ComputeAsync<T>(
        string task, StepId step, ulong requestId, Func<T?> compute, CancellationToken cancellationToken, TaskFailed? absent = null)
        where T : class
    {
        TaskFailed failure;
        try
        {
            using ComputeUnit.Turn turn = await processor.EnterAsync(cancellationToken);
            long start = Stopwatch.GetTimestamp();
            if (compute() is { } result)
            {
                TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
                log.TaskDone(task, elapsed);
                return (result, (int)Math.Min(elapsed.TotalMicroseconds, int.MaxValue));
            }

            failure = absent ?? new TaskFailed(TaskFailureCodes.NoForward, $"no forward pass of {step} is held");
        }
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException))
        {
            log.TaskFailed(e, "the " + task);
            string text = $"the {task} failed: {e.Message}";
            failure = new TaskFailed(TaskFailureCodes.Computation, text[..Math.Min(text.Length, 1000)]);
        }

        await connection.SendAsync(failure, requestId, default, null, cancellationToken);
        return default;
    }

    internal static void Drop(ref HostTensor? tensor)
    {
        ((IDisposable?)tensor)?.Dispose();
        tensor = null;
    }

    /// <summary>The sample indices of a forward pass, held against the node's samples.</summary>
    internal ReadOnlySpan<int> IndicesOf(StepId step)
    {
        ReadOnlySpan<int> indices = MemoryMarshal.Cast<byte, int>(_indices.AsSpan(0, _indexBytes));
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)processor.SampleCount)
            {
                ProtocolException.Throw(
                    ProtocolError.MalformedTensor, $"sample index {index} at {step} is not from 0 to {processor.SampleCount - 1}");
            }
        }

        return indices;
    }

    private EncodedTensor Encode(ParameterGradient gradients) =>
        EncodedTensor.Encode(TensorNames.ParameterGradients, _type, gradients.Shape, gradients.Memory, encoding);

    /// <summary>A tensor of a reply; its memory must not change before that has been sent.</summary>
    internal EncodedTensor Encode(string name, HostTensor tensor) => Encode(name, tensor.Shape, tensor.Memory);

    /// <inheritdoc cref="Encode(string, HostTensor)"/>
    internal EncodedTensor Encode(string name, long[] shape, Memory<byte> memory) => EncodedTensor.Encode(name, _type, shape, memory, encoding);

    /// <summary>Sends a reply, and lets go of its tensors.</summary>
    internal async Task ReplyAsync<T>(T reply, ulong requestId, EncodedTensor[] tensors, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            await connection.SendAsync(reply, requestId, tensors, encoding, cancellationToken);
        }
        finally
        {
            foreach (EncodedTensor tensor in tensors)
            {
                tensor.Dispose();
            }
        }
    }
}
