using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Evaluates θ on samples held out from training; replies with sums over them.</summary>
/// <param name="context">Computes and replies.</param>
internal sealed class ValidationTasks(TaskContext context) : ITaskHandler
{
    private readonly TaskProcessor _processor = context.Processor;
    private readonly ReceivedIndices _indices = new(context.Processor.SampleCount);

    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.ValidationPass];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        ReceivedTensors.RequireCount(frame, 2);
        destinations[0] = _indices.Accept(frame.Tensors[0]);
        ReceivedTensors.Require(frame.Tensors[1], TensorNames.Parameters, context.Type, [_processor.ParameterCount]);
        destinations[1] = _processor.ParameterBytes;
    }

    public async Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        ValidationPass request = frame.Read<ValidationPass>();
        ulong requestId = frame.RequestId;
        (RowValidation? output, int elapsed) = await context.ComputeAsync(
            "validation", request.Step, requestId, () => _processor.Validate(request, _indices.Of(request.Step), cancellationToken), cancellationToken);
        if (output is not null)
        {
            var result = new ValidationResult(request.Step, output.LossSum, output.Hits, elapsed);
            await context.ReplyAsync(result, requestId, [], _indices.Count, cancellationToken);
        }
    }

    public void Dispose()
    {
    }
}
