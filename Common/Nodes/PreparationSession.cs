using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>Says what this node's table is like, as often as it is asked, until the connection ends. Nothing is computed, no parameters come.</summary>
/// <param name="connection">To an orchestrator that has answered with <c>Prepare</c>.</param>
/// <param name="table">The statistics, as JSON.</param>
internal sealed class PreparationSession(Connection connection, string table) : IFrameHandler
{
    /// <summary>The orchestrator's farewell, if the run ended before it began.</summary>
    public Shutdown? Shutdown { get; private set; }

    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (frame.Type is not (MessageType.StatisticsQuery or MessageType.Shutdown))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the orchestrator sent {frame.Type} while it prepares the run");
        }

        return true;
    }

    public async ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Type == MessageType.Shutdown)
        {
            Shutdown = frame.Read<Shutdown>();
            connection.End("the session is over");
            return;
        }

        await connection.SendAsync(new Statistics(table), frame.RequestId, default, null, cancellationToken);
    }
}
