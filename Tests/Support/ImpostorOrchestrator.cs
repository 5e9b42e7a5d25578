using System.Net;
using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Listens where a node expects its orchestrator, reads its <c>Hello</c>, and goes on as the test says.</summary>
internal sealed class ImpostorOrchestrator : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    public ImpostorOrchestrator(Func<Connection, Hello, CancellationToken, Task> answer)
    {
        _listener.Start();
        _serving = ServeAsync(answer, _stopping.Token);
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>What the node sent after the answer.</summary>
    public int FramesAfterHandshake { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(Func<Connection, Hello, CancellationToken, Task> answer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(cancellationToken);
                await using var connection = new Connection(new NetworkStream(socket, ownsSocket: true), "node");
                Hello hello = (await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<Hello>();
                await answer(connection, hello, cancellationToken);
                await CountAsync(connection, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task CountAsync(Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
                FramesAfterHandshake++;
            }
        }
        catch (ConnectionLostException)
        {
            // It hung up.
        }
    }
}
