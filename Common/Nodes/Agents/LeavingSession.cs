using TraversalLearning.Messages;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// A session in which a node that cannot take part reports why. It waits for the orchestrator to close the connection:
/// closing first could discard the message while received bytes are unread.
/// </summary>
internal sealed class LeavingSession : IFrameHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Sends the reason on an admitted connection, then ends the connection.</summary>
    /// <param name="connection">An admitted connection from which nothing has been read since.</param>
    /// <param name="options">The connection's settings.</param>
    /// <param name="leave">Why the node leaves.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task LeaveAsync(Connection connection, ConnectionOptions options, Leave leave, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await connection.SendAsync(leave, deadline.Token);
            await using (deadline.Token.Register(() => connection.End("it does not hang up")))
            {
                await connection.RunAsync(new LeavingSession(), options);
            }
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            // The orchestrator will notice the lost connection.
        }
    }

    bool IFrameHandler.Accept(IncomingFrame frame, Span<Memory<byte>> destinations) => false;

    ValueTask IFrameHandler.HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
