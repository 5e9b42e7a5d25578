using System.Net.Sockets;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The way in: from an address to an orchestrator that is known and has answered, each step with its deadline.</summary>
/// <param name="host">Where it listens.</param>
/// <param name="port">Where it listens.</param>
/// <param name="handshake">With it.</param>
/// <param name="handshakeTimeout">How long that may take, TLS included.</param>
public sealed class OrchestratorConnector(string host, int port, ClientHandshake handshake, TimeSpan handshakeTimeout)
{
    private static readonly TimeSpan ConnectAttemptTimeout = TimeSpan.FromSeconds(10);

    /// <summary>One try.</summary>
    /// <returns>The connection, and the answer; if it is a refusal, it is worth trying again later, and the connection has ended.</returns>
    /// <exception cref="NodeRejectedException">It refused for good.</exception>
    /// <exception cref="PeerAuthenticationException">This side refused it.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="ConnectionLostException">The connection ended.</exception>
    public async Task<(Connection Connection, OrchestratorAnswer Answer)> EnterAsync(CancellationToken cancellationToken)
    {
        NetworkStream stream = await ConnectAsync(cancellationToken);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(handshakeTimeout);
        Connection? connection = null;
        try
        {
            SecureChannel channel = await handshake.SecureAsync(stream, deadline.Token);
            connection = new Connection(channel.Stream, $"{host}:{port}");
            OrchestratorAnswer answer = await handshake.IntroduceAsync(connection, channel, deadline.Token);
            if (answer.Reject is { Final: true } refusal)
            {
                throw new NodeRejectedException(refusal.Code, refusal.Text);
            }

            if (answer.Reject is { } reject)
            {
                connection.End(reject.Text);
            }

            return (connection, answer);
        }
        catch (Exception e)
        {
            await (connection?.DisposeAsync() ?? stream.DisposeAsync());
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"no handshake within {handshakeTimeout.TotalSeconds:0} s", e);
            }

            throw;
        }
    }

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConnectAttemptTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, deadline.Token);
            SocketTuning.Apply(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"no answer within {ConnectAttemptTimeout.TotalSeconds:0} s", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
