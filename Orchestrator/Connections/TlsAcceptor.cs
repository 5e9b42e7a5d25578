using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A connected peer that has not been authenticated.</summary>
/// <param name="Connection">The connection to it.</param>
/// <param name="Channel">Properties of the underlying channel.</param>
internal sealed record ConnectedPeer(Connection Connection, SecureChannel Channel);

/// <summary>
/// Turns an accepted socket into a connection, with TLS where enabled. Nothing is allocated for a peer before its first
/// byte. Distinguishes a TLS mismatch, in either direction, from invalid data.
/// </summary>
/// <param name="tls">The TLS settings, where enabled.</param>
/// <param name="expected">Number of legitimate concurrent peers.</param>
/// <param name="timeout">Time limit of a handshake, TLS included.</param>
internal sealed class TlsAcceptor(ServerTls? tls, int expected, TimeSpan timeout)
{
    // The first byte of every TLS connection is the record type "handshake". Ours is the first letter of the frame's
    // magic.
    private const byte TlsHandshakeRecord = 0x16;
    private const byte FrameMagic = (byte)(FrameHeader.Magic & 0xff);

    // A TLS handshake costs this side up to a millisecond of CPU time before the peer has proved anything.
    // Unauthenticated peers get a tenth of a core, and the last of all queued handshakes still gets its turn within the
    // time limit. A burst as large as the number of nodes is admitted at once.
    private const int HandshakesAtOnce = 64;
    private static readonly TimeSpan HandshakeInterval = TimeSpan.FromMilliseconds(10);

    private readonly RateGate _handshakes = new(Math.Max(HandshakesAtOnce, expected), HandshakeInterval);

    /// <summary>
    /// Runs the handshake within the time and slot of an unauthenticated peer. Disposes the socket unless it returns a
    /// result.
    /// </summary>
    /// <param name="socket">The accepted socket.</param>
    /// <param name="peer">Its address.</param>
    /// <param name="place">The handshake slot; disposed after the handshake.</param>
    /// <param name="admit">Examines the peer; returns <see langword="null"/> if it was refused.</param>
    /// <param name="stopping">Cancelled on shutdown.</param>
    /// <exception cref="ConnectionLostException">The handshake timed out or was evicted.</exception>
    public async Task<T?> AdmitAsync<T>(
        Socket socket, string peer, PendingHandshakes.HandshakeSlot place, Func<ConnectedPeer, CancellationToken, Task<T?>> admit, CancellationToken stopping)
        where T : class
    {
        using PendingHandshakes.HandshakeSlot held = place;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping, place.Evicted);
        deadline.CancelAfter(timeout);
        T? admitted = null;
        ConnectedPeer? visitor = null;
        try
        {
            visitor = await OpenAsync(socket, peer, deadline.Token);
            return admitted = await admit(visitor, deadline.Token);
        }
        catch (Exception e) when (deadline.IsCancellationRequested
            && e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            throw new ConnectionLostException(
                stopping.IsCancellationRequested ? "the orchestrator ends"
                : place.Evicted.IsCancellationRequested ? "it gave way to newer connections"
                : "no handshake in time");
        }
        finally
        {
            if (admitted is null && visitor is not null)
            {
                await visitor.Connection.DisposeAsync();
            }
        }
    }

    /// <summary>Opens the connection; the socket is disposed with it, or before this throws.</summary>
    /// <exception cref="PeerAuthenticationException">One side uses TLS and the other does not.</exception>
    private async Task<ConnectedPeer> OpenAsync(Socket socket, string peer, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            SocketTuning.Apply(socket);
            byte first = await PeekAsync(socket, cancellationToken);
            if (tls is null)
            {
                return first == TlsHandshakeRecord
                    ? throw new PeerAuthenticationException(
                        "it speaks TLS and this orchestrator does not; give it --tls_cert and --tls_key, or start the node without --tls_ca")
                    : Plain(stream, peer);
            }

            if (first == FrameMagic)
            {
                await using Connection plain = Plain(stream, peer).Connection;
                throw await RefusePlainAsync(plain, cancellationToken);
            }

            await _handshakes.PassAsync(cancellationToken);
            SecureChannel channel = await tls.AuthenticateAsync(stream, cancellationToken);
            return new ConnectedPeer(new Connection(channel.Stream, peer), channel);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static ConnectedPeer Plain(Stream stream, string peer) => new(new Connection(stream, peer), SecureChannel.Plain(stream));

    private static async Task<byte> PeekAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] first = new byte[1];
        return await socket.ReceiveAsync(first, SocketFlags.Peek, cancellationToken) > 0
            ? first[0]
            : throw new ConnectionLostException("it hung up without a word");
    }

    private static async Task<Exception> RefusePlainAsync(Connection connection, CancellationToken cancellationToken)
    {
        // The peer's frame is read first: closing with unread bytes causes a reset, which would overtake the refusal.
        IncomingFrame frame = await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
        string who = frame.Type == MessageType.WorkerHello ? "a worker" : $"node {frame.Read<Hello>().NodeId}";
        await connection.SendAsync(
            new Reject(RejectCodes.Tls, "this orchestrator speaks TLS only; connect to it with --tls_ca", Final: true), cancellationToken);
        return new PeerAuthenticationException($"{who} does not speak TLS; start it with --tls_ca");
    }
}
