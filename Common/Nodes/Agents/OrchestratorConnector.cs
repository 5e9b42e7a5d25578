using System.Net.Sockets;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>Connects to an orchestrator and performs the handshake, with a time limit on each step.</summary>
/// <param name="host">The orchestrator's host name or address.</param>
/// <param name="port">The orchestrator's port.</param>
/// <param name="handshake">The handshake.</param>
/// <param name="handshakeTimeout">Time limit for the handshake, TLS included.</param>
/// <param name="tap">An observer of the streams; <see langword="null"/> for none.</param>
/// <param name="outgoing">Is told of every frame before it leaves; <see langword="null"/> for none.</param>
public sealed class OrchestratorConnector(
    string host, int port, ClientHandshake handshake, TimeSpan handshakeTimeout, StreamTap? tap = null, IOutgoingFrames? outgoing = null)
{
    private static readonly TimeSpan ConnectAttemptTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Connects once, without a retry.</summary>
    /// <returns>The connection and the answer. After a rejection the connection has ended, and a later retry may succeed.</returns>
    /// <exception cref="NodeRejectedException">The orchestrator rejected this side permanently.</exception>
    /// <exception cref="PeerAuthenticationException">The orchestrator failed to authenticate.</exception>
    /// <exception cref="TimeoutException">The orchestrator did not answer in time.</exception>
    /// <exception cref="SocketException">The orchestrator is unreachable.</exception>
    /// <exception cref="ConnectionLostException">The connection ended.</exception>
    public async Task<(Connection Connection, OrchestratorAnswer Answer)> EnterAsync(CancellationToken cancellationToken)
    {
        Stream stream = await ConnectAsync(cancellationToken);
        stream = tap?.Socket(stream) ?? stream;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(handshakeTimeout);
        Connection? connection = null;
        try
        {
            SecureChannel channel = await handshake.SecureAsync(stream, deadline.Token);
            connection = new Connection(tap?.Frames(channel.Stream) ?? channel.Stream, $"{host}:{port}") { Outgoing = outgoing };
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
