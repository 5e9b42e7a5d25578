using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Says which sample indices the node holds, and what it says of itself.</summary>
/// <param name="connection">To the orchestrator.</param>
/// <param name="sampleCount">How many samples.</param>
/// <param name="metadata">Names and values, as JSON; <see langword="null"/> if there are none.</param>
internal sealed class IndexRangeTasks(Connection connection, int sampleCount, string? metadata) : ITaskHandler
{
    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.IndexRangeQuery];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) =>
        connection.SendAsync(new IndexRange(sampleCount, metadata), frame.RequestId, default, null, cancellationToken);

    public void Dispose()
    {
    }
}
