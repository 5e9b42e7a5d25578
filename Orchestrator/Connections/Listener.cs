using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Serves one connection from its first byte to its end.</summary>
/// <param name="socket">Accepted; the server disposes it.</param>
/// <param name="peer">Its address.</param>
/// <param name="place">To be given back when its handshake is over.</param>
/// <param name="stopping">Cancelled when nobody is to be served any more.</param>
internal delegate Task ConnectionServer(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping);

/// <summary>
/// Listens on a port and has every connection served, each on its own. Strangers get so many places for their handshakes; nothing that one of
/// them does ends the listening, or reaches further than his own connection.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    // Strangers get so many places at most, or as many as are expected: those may all come at once, and from one address.
    private const int MaxPendingHandshakes = 256;
    private const int MinPendingHandshakes = 8;
    private const int MinBacklog = 1024;

    // What the rest of the program may come to open besides: logs, checkpoints, the runtime's own.
    private const int ReservedDescriptors = 32;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly OrchestratorLog _log;
    private readonly PendingHandshakes _pending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _serving = new();
    private Task _accepting = Task.CompletedTask;
    private long _firstArrival;

    private Listener(Socket socket, int expected, OrchestratorLog log)
    {
        _socket = socket;
        _log = log;
        int spare = FileDescriptors.Available() - expected - ReservedDescriptors;
        _pending = new PendingHandshakes(Math.Clamp(spare, MinPendingHandshakes, Math.Max(MaxPendingHandshakes, expected)));
        if (spare < MinPendingHandshakes)
        {
            log.FewDescriptors(expected);
        }
    }

    /// <summary>The address that peers connect to.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connections that are being served, those of strangers included.</summary>
    public int Serving => _serving.Count;

    /// <summary>Whether nobody is to be served any more.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Since the first peer came.</summary>
    public TimeSpan SinceFirstArrival => Stopwatch.GetElapsedTime(Interlocked.Read(ref _firstArrival));

    /// <summary>Binds. Who connects waits until <see cref="Start"/>.</summary>
    /// <param name="host">Address, or a name of this machine.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="expected">How many may rightly be connected at once.</param>
    /// <param name="log">Told of strangers.</param>
    /// <exception cref="UserErrorException">The address cannot be bound.</exception>
    public static Listener Bind(string host, int port, int expected, OrchestratorLog log)
    {
        IPAddress address = ListenAddress.Parse(host);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(backlog: Math.Max(MinBacklog, expected));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            string advice = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? "another program listens there; choose another --port"
                : e.Message;
            throw new UserErrorException(ExitCode.Network, $"cannot listen on {host}:{port}: {advice}");
        }

        return new Listener(socket, expected, log);
    }

    /// <summary>Begins to accept. To be called once.</summary>
    /// <param name="serve">Serves each connection.</param>
    public void Start(ConnectionServer serve) => _accepting = AcceptAsync(serve, _stopping.Token);

    /// <summary>Whether this process may open so many sockets.</summary>
    public static bool HasDescriptors(int sockets, out int available) =>
        (available = FileDescriptors.Available()) >= sockets + ReservedDescriptors;

    /// <summary>Accepts nobody any more; who is served, is served on, and sees the cancellation.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        _socket.Close();
        await _accepting;
    }

    /// <summary>Stops, and waits until nobody is served any more: who serves must have been told to end.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Task.WhenAll(_serving.Keys);
        _socket.Dispose();
        _log.Strangers.Count();
    }

    private async Task AcceptAsync(ConnectionServer serve, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _socket.AcceptAsync(cancellationToken);
                Interlocked.CompareExchange(ref _firstArrival, Stopwatch.GetTimestamp(), 0);
                var address = (IPEndPoint)socket.RemoteEndPoint!;
                Track(ServeAsync(serve, socket, address, _pending.Enter(address.Address, socket)));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A connection that died while it was queued, or no file descriptors left, for which a stranger may give his:
                // neither ends the run.
                _log.Strangers.AcceptFailed(e.Message);
                _pending.EvictOne();
                await Task.Delay(AcceptPause, CancellationToken.None);
            }
        }
    }

    private void Track(Task task)
    {
        // ServeAsync never faults; it is kept so that the end can wait for it.
        _serving.TryAdd(task, true);
        _ = task.ContinueWith(t => _serving.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>One connection. Whatever happens in it ends here.</summary>
    private async Task ServeAsync(ConnectionServer serve, Socket socket, IPEndPoint address, PendingHandshakes.HandshakeSlot place)
    {
        await Task.Yield();
        string peer = address.ToString();
        try
        {
            await serve(socket, peer, place, _stopping.Token);
        }
        catch (Exception e) when (e is ProtocolException or PeerAuthenticationException or AuthenticationException or IOException or SocketException)
        {
            _log.Strangers.HandshakeFailed(peer, Describe(e));
        }
        catch (Exception e)
        {
            _log.Strangers.ConnectionBroke(e, peer);
        }
    }

    private static string Describe(Exception e) => e switch
    {
        // What OpenSSL said is in the innermost exception: the others say that it failed.
        AuthenticationException => $"the TLS handshake failed: {e.GetBaseException().Message}",
        _ => e.Message,
    };
}
