using TraversalLearning.Messages;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Shuts down connections.</summary>
internal static class ConnectionShutdown
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Sends the shutdown message and waits for the peer to close the connection; closes it itself at the deadline.
    /// </summary>
    /// <param name="connection">The connection to the peer.</param>
    /// <param name="reason">Written to the peer's log.</param>
    /// <param name="cancellationToken">Cancelled at the deadline.</param>
    public static async Task SayFarewellAsync(this Connection connection, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(new Shutdown(reason), cancellationToken);

            // The peer closes first: if this side did, unread bytes could turn the close into a reset that overtakes
            // the message.
            while (connection.Reason is null)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            connection.End("no answer to the farewell");
        }
    }
}
