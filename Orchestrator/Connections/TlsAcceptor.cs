using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A peer that has connected and has yet to show who it is.</summary>
/// <param name="Connection">Frames to and from it.</param>
/// <param name="Channel">What is known from the channel.</param>
internal sealed record ConnectedPeer(Connection Connection, SecureChannel Channel);

/// <summary>
/// Turns an accepted socket into a connection, with TLS where it is on. Nothing is taken for a peer before its first byte has come, and
/// one that speaks TLS where this side does not, or the other way round, is told apart from one that speaks nonsense.
/// </summary>
/// <param name="tls">Where it is on.</param>
/// <param name="expected">How many may rightly come at once.</param>
/// <param name="timeout">How long a handshake may take, TLS included.</param>
internal sealed class TlsAcceptor(ServerTls? tls, int expected, TimeSpan timeout)
{
    // The first byte of every TLS connection: a record of the type "handshake". Ours is the first letter of the frame's magic.
    private const byte TlsHandshakeRecord = 0x16;
    private const byte FrameMagic = (byte)(FrameHeader.Magic & 0xff);

    // A TLS handshake costs this side up to a millisecond of computation before the peer has shown anything: strangers get a tenth of a core, and
    // the last of all places that can be waiting gets its turn within the time that a handshake has. As many as there are nodes may come at once.
    private const int HandshakesAtOnce = 64;
    private static readonly TimeSpan HandshakeInterval = TimeSpan.FromMilliseconds(10);

    private readonly RateGate _handshakes = new(Math.Max(HandshakesAtOnce, expected), HandshakeInterval);

    /// <summary>A handshake, in the time and the place that a stranger has. The socket is disposed unless it gives something.</summary>
    /// <param name="socket">Accepted.</param>
    /// <param name="peer">Its address.</param>
    /// <param name="place">Given back when the handshake is over.</param>
    /// <param name="admit">Looks at the visitor; gives <see langword="null"/> if he was refused.</param>
    /// <param name="stopping">Cancelled when this side ends.</param>
    /// <exception cref="ConnectionLostException">He took too long, or had to give way.</exception>
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

    /// <summary>Opens it; what is behind the socket is disposed with the connection, or before this throws.</summary>
    /// <exception cref="PeerAuthenticationException">One side speaks TLS and the other does not.</exception>
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
        // Its frame is read first: hanging up over unread bytes is a reset, which would overtake the refusal.
        IncomingFrame frame = await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
        string who = frame.Type == MessageType.WorkerHello ? "a worker" : $"node {frame.Read<Hello>().NodeId}";
        await connection.SendAsync(
            new Reject(RejectCodes.Tls, "this orchestrator speaks TLS only; connect to it with --tls_ca", Final: true), cancellationToken);
        return new PeerAuthenticationException($"{who} does not speak TLS; start it with --tls_ca");
    }
}
