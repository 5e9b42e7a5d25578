using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Trains on the node's own samples, starting from the θ in the request.</summary>
/// <param name="context">Computes and replies.</param>
internal sealed class LocalTasks(TaskContext context) : ITaskHandler
{
    private readonly TaskProcessor _processor = context.Processor;
    private HostTensor? _buffers;

    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.LocalTraining];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        ReceivedTensors.RequireCount(frame, _processor.BufferCount > 0 ? 2 : 1);
        ReceivedTensors.Require(frame.Tensors[0], TensorNames.Parameters, context.Type, [_processor.ParameterCount]);
        destinations[0] = _processor.ParameterBytes;
        if (_processor.BufferCount > 0)
        {
            ReceivedTensors.Require(frame.Tensors[1], TensorNames.Buffers, context.Type, [_processor.BufferCount]);
            destinations[1] = ReceivedTensors.Reuse(ref _buffers, [_processor.BufferCount], context.Type).Memory;
        }
    }

    public async Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        LocalTraining request = frame.Read<LocalTraining>();
        ulong requestId = frame.RequestId;
        context.VisitBegun(request.Step.Epoch);
        (LocalOutput? output, int elapsed) = await context.ComputeAsync(
            "local training", request.Step, requestId, () => _processor.Train(request, _buffers, cancellationToken), cancellationToken);
        if (output is null)
        {
            return;
        }

        using (output)
        {
            LocalResult result = output.ToResult(request, _processor.SampleCount, elapsed);
            await context.ReplyAsync(result, requestId, context.Encode(output), request.RowsOf(_processor.SampleCount), cancellationToken);
        }
    }

    public void Dispose() => ReceivedTensors.Drop(ref _buffers);
}
