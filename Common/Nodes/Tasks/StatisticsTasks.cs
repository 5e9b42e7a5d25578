using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Reports the statistics of the node's table on every request.</summary>
/// <param name="connection">Connection to the orchestrator.</param>
/// <param name="table">The statistics, as JSON.</param>
/// <param name="rows">Number of the table's rows.</param>
internal sealed class StatisticsTasks(Connection connection, string table, int rows) : ITaskHandler
{
    public IReadOnlyList<MessageType> Messages { get; } = [MessageType.StatisticsQuery];

    public void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
    }

    public Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) =>
        connection.SendAsync(new Statistics(table), frame.RequestId, default, null, rows, cancellationToken);

    public void Dispose()
    {
    }
}
