using TraversalLearning.Messages;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>How this side takes leave of whoever is connected.</summary>
internal static class ConnectionShutdown
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Says that it is over, and waits for the peer to hang up. One that does not in time is hung up on.</summary>
    /// <param name="connection">To the peer.</param>
    /// <param name="reason">For its log.</param>
    /// <param name="cancellationToken">The time is up.</param>
    public static async Task SayFarewellAsync(this Connection connection, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await connection.SendAsync(new Shutdown(reason), cancellationToken);

            // The peer hangs up; were this side first, unread bytes could turn its end into a reset that overtakes the farewell.
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
