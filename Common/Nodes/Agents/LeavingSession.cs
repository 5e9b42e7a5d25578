using TraversalLearning.Messages;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>A node that cannot do its part says why, and waits until the orchestrator has hung up: were it first, what it has not read could take its word with it.</summary>
internal sealed class LeavingSession : IFrameHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Says it on a connection that the node was admitted on, and ends that.</summary>
    /// <param name="connection">Nothing has been read of it since the admission.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task LeaveAsync(Connection connection, ConnectionOptions options, string reason, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await connection.SendAsync(new Leave(reason), deadline.Token);
            await using (deadline.Token.Register(() => connection.End("it does not hang up")))
            {
                await connection.RunAsync(new LeavingSession(), options);
            }
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            // It will find out by itself.
        }
    }

    bool IFrameHandler.Accept(IncomingFrame frame, Span<Memory<byte>> destinations) => false;

    ValueTask IFrameHandler.HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
