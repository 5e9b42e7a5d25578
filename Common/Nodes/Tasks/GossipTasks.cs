using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Mixes the node's model with its neighbours' and trains the result on the node's own samples.</summary>
/// <param name="context">Computes and replies.</param>
internal sealed class GossipTasks(TaskContext context) : ITaskHandler
{
    private readonly TaskProcessor _processor = context.Processor;
    private readonly GossipInbox _inbox = new(context.Processor);

    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.GossipRound];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations) => _inbox.Accept(frame, destinations);

    public async Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        GossipRound round = frame.Read<GossipRound>();
        ulong requestId = frame.RequestId;
        StepId step = round.Training.Step;
        context.VisitBegun(step.Epoch);
        var absent = new TaskFailed(TaskFailureCodes.NoModel, $"no model of {StepId.InWords(round.ModelEpoch, round.ModelBatch)} is held");
        (LocalOutput? output, int elapsed) = await context.ComputeAsync(
            "round of gossip", step, requestId, () => _processor.Gossip.Train(round, _inbox.Received, cancellationToken), cancellationToken, absent);
        if (output is not null)
        {
            // Kept as the node's model for the next round.
            var result = new GossipResult(output.ToResult(round.Training, _processor.SampleCount, elapsed), round.Neighbors);
            await context.ReplyAsync(result, requestId, context.Encode(output), round.Training.RowsOf(_processor.SampleCount), cancellationToken);
        }
    }

    public void Dispose() => _inbox.Dispose();
}
