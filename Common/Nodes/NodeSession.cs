using System.Diagnostics;
using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// Serves the tasks of one connection, one at a time: the next frame is not read before the reply to this one is out, so
/// that nothing queues up and θ is not overwritten under a computation.
/// </summary>
internal sealed class NodeSession(Connection connection, TaskProcessor processor, TensorEncodingOptions encoding, NodeLog log, NodeMeter? meter = null)
    : IFrameHandler, IDisposable
{
    private readonly ElementType _type = processor.Setup.ElementType;
    private byte[] _indices = [];
    private int _indexBytes;
    private HostTensor? _activationGradients;

    /// <summary>The orchestrator's farewell, once it came.</summary>
    public Shutdown? Shutdown { get; private set; }

    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        switch (frame.Type)
        {
            case MessageType.ForwardPass:
                AcceptForward(frame, destinations);
                return true;
            case MessageType.Backward:
                return AcceptBackward(frame, destinations);
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
            case MessageType.ForwardPass:
                await ForwardAsync(frame.Read<ForwardPass>(), frame.RequestId, cancellationToken);
                break;
            case MessageType.Backward:
                await BackwardAsync(frame.Read<Backward>().Step, frame.RequestId, cancellationToken);
                break;
            case MessageType.IndexRangeQuery:
                await connection.SendAsync(new IndexRange(processor.SampleCount), frame.RequestId, default, null, cancellationToken);
                break;
            case MessageType.Shutdown:
                Shutdown = frame.Read<Shutdown>();
                connection.End("the session is over");
                break;
        }
    }

    public void Dispose()
    {
        DropActivationGradients();
        processor.ForgetParameters();
    }

    private static int Microseconds(TimeSpan elapsed) => (int)Math.Min(elapsed.TotalMicroseconds, int.MaxValue);

    private static void RequireTensors(IncomingFrame frame, int count)
    {
        if (frame.Tensors.Count != count)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{frame.Type} came with {frame.Tensors.Count} tensors, not {count}");
        }
    }

    private static void RequireTensor(TensorDescriptor tensor, string name, ElementType type, ReadOnlySpan<long> shape)
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
        TensorDescriptor indices = frame.Tensors[0];
        long rows = indices.Shape is [var m] ? m : -1;
        RequireTensor(indices, TensorNames.Indices, ElementType.Int32, [Math.Clamp(rows, 1, Math.Max(processor.SampleCount, 1))]);
        RequireTensor(frame.Tensors[1], TensorNames.Parameters, _type, [processor.ParameterCount]);
        if (_indices.Length < indices.RawLength)
        {
            _indices = new byte[indices.RawLength];
        }

        _indexBytes = (int)indices.RawLength;
        destinations[0] = _indices.AsMemory(0, _indexBytes);
        destinations[1] = processor.ParameterBytes;
    }

    private bool AcceptBackward(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        RequireTensors(frame, 1);
        TensorDescriptor gradients = frame.Tensors[0];
        if (processor.ActivationShape(frame.Read<Backward>().Step) is not { } shape)
        {
            return true; // The payload is read over, and HandleAsync answers that the forward pass is not held.
        }

        RequireTensor(gradients, TensorNames.ActivationGradients, _type, shape);
        if (_activationGradients is null || !_activationGradients.Shape.AsSpan().SequenceEqual(shape))
        {
            DropActivationGradients();
            _activationGradients = HostTensor.Zeros(shape, _type.ToScalarType());
        }

        destinations[0] = _activationGradients.Memory;
        return true;
    }

    private async Task ForwardAsync(ForwardPass request, ulong requestId, CancellationToken cancellationToken)
    {
        ForwardOutput output;
        TimeSpan elapsed;
        try
        {
            using ComputeUnit.Turn turn = await processor.EnterAsync(cancellationToken);
            long start = Stopwatch.GetTimestamp();
            output = processor.Forward(request, IndicesOf(request));
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        catch (Exception e) when (e is not (ProtocolException or OperationCanceledException))
        {
            await FailAsync(requestId, "the forward pass", e, cancellationToken);
            return;
        }

        meter?.VisitBegun(request.Step.Epoch);
        log.TaskDone("forward pass", elapsed);
        using (output)
        {
            await ReplyAsync(
                new ForwardResult(request.Step, output.LossSum, output.Hits, Microseconds(elapsed)),
                requestId,
                [Encode(TensorNames.Activations, output.Activations), Encode(TensorNames.LogitGradients, output.LogitGradients)],
                cancellationToken);
        }

        if (processor.Setup.Exchange == Exchange.OnePhase)
        {
            // Only now: the orchestrator has its half to compute meanwhile.
            await BackwardAsync(request.Step, requestId, cancellationToken);
        }
    }

    private ReadOnlySpan<int> IndicesOf(ForwardPass request)
    {
        ReadOnlySpan<int> indices = MemoryMarshal.Cast<byte, int>(_indices.AsSpan(0, _indexBytes));
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)processor.SampleCount)
            {
                ProtocolException.Throw(
                    ProtocolError.MalformedTensor, $"sample index {index} at {request.Step} is not from 0 to {processor.SampleCount - 1}");
            }
        }

        return indices;
    }

    private async Task BackwardAsync(StepId step, ulong requestId, CancellationToken cancellationToken)
    {
        ParameterGradient? gradients = null;
        TimeSpan elapsed = default;
        try
        {
            using ComputeUnit.Turn turn = await processor.EnterAsync(cancellationToken);

            // Asked for only now: θ may have changed while this node waited for its turn.
            if (processor.Holds(step))
            {
                long start = Stopwatch.GetTimestamp();
                gradients = processor.Backward(step, _activationGradients?.Tensor);
                elapsed = Stopwatch.GetElapsedTime(start);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await FailAsync(requestId, "the backward pass", e, cancellationToken);
            return;
        }

        if (gradients is null)
        {
            var failure = new TaskFailed(TaskFailureCodes.NoForward, $"no forward pass of {step} is held");
            await connection.SendAsync(failure, requestId, default, null, cancellationToken);
            return;
        }

        using (gradients)
        {
            log.TaskDone("backward pass", elapsed);
            await ReplyAsync(new BackwardResult(step, Microseconds(elapsed)), requestId, [Encode(gradients)], cancellationToken);
        }
    }

    private void DropActivationGradients()
    {
        ((IDisposable?)_activationGradients)?.Dispose();
        _activationGradients = null;
    }

    private EncodedTensor Encode(ParameterGradient gradients) =>
        EncodedTensor.Encode(TensorNames.ParameterGradients, _type, gradients.Shape, gradients.Memory, encoding);

    private EncodedTensor Encode(string name, HostTensor tensor) =>
        EncodedTensor.Encode(name, _type, tensor.Shape, tensor.Memory, encoding);

    private async Task ReplyAsync<T>(T reply, ulong requestId, EncodedTensor[] tensors, CancellationToken cancellationToken)
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

    private Task FailAsync(ulong requestId, string task, Exception e, CancellationToken cancellationToken)
    {
        log.TaskFailed(e, task);
        string text = $"{task} failed: {e.Message}";
        return connection.SendAsync(
            new TaskFailed(TaskFailureCodes.Computation, text[..Math.Min(text.Length, 1000)]), requestId, default, null, cancellationToken);
    }
}
