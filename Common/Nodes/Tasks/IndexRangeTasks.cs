using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Reports the node's number of samples and its metadata.</summary>
/// <param name="connection">Connection to the orchestrator.</param>
/// <param name="sampleCount">Number of samples.</param>
/// <param name="metadata">Metadata as JSON; <see langword="null"/> if there is none.</param>
internal sealed class IndexRangeTasks(Connection connection, int sampleCount, string? metadata) : ITaskHandler
{
    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.IndexRangeQuery];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) =>
        connection.SendAsync(new IndexRange(sampleCount, metadata), frame.RequestId, default, null, sampleCount, cancellationToken);

    public void Dispose()
    {
    }
}
