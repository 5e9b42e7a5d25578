using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Serves one connection from accept to close.</summary>
/// <param name="socket">The accepted socket; the server disposes it.</param>
/// <param name="peer">Its address.</param>
/// <param name="place">Its handshake slot; disposed after the handshake.</param>
/// <param name="stopping">Cancelled when the listener stops.</param>
internal delegate Task ConnectionServer(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping);

/// <summary>
/// Listens on a port and serves every connection independently. The number of pending handshakes is limited; a failure
/// of one connection affects neither the listener nor other connections.
/// </summary>
internal sealed class Listener : IAsyncDisposable
{
    // Limit for unauthenticated peers, raised to the number of expected peers: those may connect all at once and from
    // one address.
    private const int MaxPendingHandshakes = 256;
    private const int MinPendingHandshakes = 8;
    private const int MinBacklog = 1024;

    // Descriptors for everything else: logs, checkpoints, the runtime.
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

    /// <summary>Number of open connections, including unauthenticated ones.</summary>
    public int Serving => _serving.Count;

    /// <summary>Whether the listener is stopping.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Time since the first connection.</summary>
    public TimeSpan SinceFirstArrival => Stopwatch.GetElapsedTime(Interlocked.Read(ref _firstArrival));

    /// <summary>Binds the address. Connections queue until <see cref="Start"/>.</summary>
    /// <param name="host">An address, or a name of this machine.</param>
    /// <param name="port">0 for any free port.</param>
    /// <param name="expected">Number of legitimate concurrent peers.</param>
    /// <param name="log">The run's log.</param>
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

    /// <summary>Starts to accept; called once.</summary>
    /// <param name="serve">Serves each connection.</param>
    public void Start(ConnectionServer serve) => _accepting = AcceptAsync(serve, _stopping.Token);

    /// <summary>Whether this process may open this many sockets.</summary>
    public static bool HasDescriptors(int sockets, out int available) =>
        (available = FileDescriptors.Available()) >= sockets + ReservedDescriptors;

    /// <summary>
    /// Stops accepting and signals cancellation to the open connections, which are served to their end.
    /// </summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        _socket.Close();
        await _accepting;
    }

    /// <summary>Stops, and waits for all connections to close; their servers must have been told to end.</summary>
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
                // A connection that died in the queue, or no free file descriptors, in which case a pending handshake
                // gives up its own. Neither ends the run.
                _log.Strangers.AcceptFailed(e.Message);
                _pending.EvictOne();
                await Task.Delay(AcceptPause, CancellationToken.None);
            }
        }
    }

    private void Track(Task task)
    {
        // ServeAsync never faults; the task is kept so that shutdown can wait for it.
        _serving.TryAdd(task, true);
        _ = task.ContinueWith(t => _serving.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Serves one connection and contains all its failures.</summary>
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
        // OpenSSL's own message is in the innermost exception; the outer ones only say that the handshake failed.
        AuthenticationException => $"the TLS handshake failed: {e.GetBaseException().Message}",
        _ => e.Message,
    };
}
