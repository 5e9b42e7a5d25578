using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Listens, admits nodes after a timed handshake, keeps the registry of who is connected, and says farewell in the end. Nothing that
/// a stranger sends reaches further than its own handshake.
/// </summary>
internal sealed class ConnectionManager : IAsyncDisposable
{
    // Strangers get so many places at most, or as many as there are nodes: those may all come at once, and from one address.
    private const int MaxPendingHandshakes = 256;
    private const int MinPendingHandshakes = 8;
    private const int MinBacklog = 1024;

    // What the rest of the program may come to open besides: logs, checkpoints, the runtime's own.
    private const int ReservedDescriptors = 32;
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ConnectionManagerOptions _options;
    private readonly OrchestratorLog _log;
    private readonly NodeSlot[] _slots;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly PendingHandshakes _pending;
    private readonly Reception _reception;
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();
    private Task _accepting = Task.CompletedTask;
    private long _firstArrival;

    private ConnectionManager(ConnectionManagerOptions options, Socket listener, OrchestratorLog log)
    {
        _options = options;
        _listener = listener;
        _log = log;
        int spare = FileDescriptors.Available() - options.NodeCount - ReservedDescriptors;
        _pending = new PendingHandshakes(Math.Clamp(spare, MinPendingHandshakes, Math.Max(MaxPendingHandshakes, options.NodeCount)));
        if (spare < MinPendingHandshakes)
        {
            log.FewDescriptors(options.NodeCount);
        }

        _reception = new Reception(options, SlotOrNone, log);
        _slots = [.. Enumerable.Range(1, options.NodeCount).Select(id => new NodeSlot(id, options.KnownData.ElementAtOrDefault(id - 1)))];
    }

    /// <summary>How many nodes the run has.</summary>
    public int NodeCount => _slots.Length;

    /// <summary>The address that nodes connect to.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Connections that are being served, from the first byte to the end, those of strangers included.</summary>
    public int Serving => _tasks.Count;

    /// <summary>Bytes sent to all nodes so far.</summary>
    public long BytesSent => _slots.Sum(s => s.Bytes.Sent);

    /// <summary>Bytes received from all nodes so far.</summary>
    public long BytesReceived => _slots.Sum(s => s.Bytes.Received);

    /// <summary>The data of node 1, 2, …, up to the first that never came.</summary>
    public IReadOnlyList<NodeData> Data => [.. _slots.Select(s => s.Data).TakeWhile(d => d is not null).OfType<NodeData>()];

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="UserErrorException">The address cannot be bound, or the process may not open as many sockets as there are nodes.</exception>
    public static ConnectionManager Start(ConnectionManagerOptions options, OrchestratorLog log)
    {
        RequireDescriptors(options.NodeCount);
        IPAddress address = ListenAddress.Parse(options.Host);
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, options.Port));
            listener.Listen(backlog: Math.Max(MinBacklog, options.NodeCount));
        }
        catch (SocketException e)
        {
            listener.Dispose();
            string advice = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? "another program listens there; choose another --port"
                : e.Message;
            throw new UserErrorException(ExitCode.Network, $"cannot listen on {options.Host}:{options.Port}: {advice}");
        }

        log.Secured(options);
        var manager = new ConnectionManager(options, listener, log);
        manager._accepting = manager.AcceptAsync(manager._stopping.Token);
        return manager;
    }

    /// <summary>What can be said of node 1, 2, … now.</summary>
    public NodeReading[] Read() => Array.ConvertAll(_slots, s => s.Read());

    /// <summary>The place of a node, by its id.</summary>
    public NodeSlot Slot(int nodeId) => _slots[nodeId - 1];

    /// <summary>Waits until every node is connected.</summary>
    /// <exception cref="NodeLostException">One did not come in time.</exception>
    public async Task WaitForAllAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _log.WaitingForNodes(_options.NodeCount, Endpoint);
        await Task.WhenAll(_slots.Select(s => s.GetAsync(timeout, cancellationToken)));
        _log.AllJoined(_options.NodeCount, Stopwatch.GetElapsedTime(Interlocked.Read(ref _firstArrival)));
    }

    /// <summary>Waits until one of some nodes is connected.</summary>
    /// <returns>Whether one came in time.</returns>
    public async Task<bool> WaitForAnyAsync(IEnumerable<int> nodes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        NodeSlot[] slots = [.. nodes.Select(Slot)];
        if (slots.Any(s => s.Current is not null))
        {
            return true;
        }

        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<NodeLink>[] arrivals = [.. slots.Select(s => s.GetAsync(timeout, others.Token))];
        Task<NodeLink> first = await Task.WhenAny(arrivals);
        await others.CancelAsync();
        await ((Task)Task.WhenAll(arrivals)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return first.IsCompletedSuccessfully;
    }

    /// <summary>Tells every node that the run is over, gives each time to hang up, and stops listening.</summary>
    public async Task ShutdownAsync(string reason)
    {
        await StopListeningAsync();
        NodeLink[] links = [.. _slots.Select(s => s.Current).OfType<NodeLink>()];
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        await Task.WhenAll(links.Select(link => SayFarewellAsync(link, reason, deadline.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        foreach (NodeSlot slot in _slots)
        {
            slot.Current?.End("the orchestrator ends");
        }

        await Task.WhenAll(_tasks.Keys);
        _listener.Dispose();
        _log.StrangersCounted();
    }

    private static void RequireDescriptors(int nodeCount)
    {
        int available = FileDescriptors.Available();
        if (available < nodeCount + ReservedDescriptors)
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--num_nodes {nodeCount} takes a socket each, and this process may open {available} more files; allow more, e.g. by: ulimit -n {FileDescriptors.Advice(nodeCount)}");
        }
    }

    private static async Task SayFarewellAsync(NodeLink link, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await link.SendAsync(new Shutdown(reason), cancellationToken);

            // The node hangs up; were this side first, unread bytes could turn its end into a reset that overtakes the farewell.
            while (link.IsAlive)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
            }
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            link.End("no answer to the farewell");
        }
    }

    private async Task StopListeningAsync()
    {
        await _stopping.CancelAsync();
        _listener.Close();
        await _accepting;
    }

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(cancellationToken);
                Interlocked.CompareExchange(ref _firstArrival, Stopwatch.GetTimestamp(), 0);
                var address = (IPEndPoint)socket.RemoteEndPoint!;
                Track(ServeAsync(socket, address, _pending.Enter(address.Address, socket)));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A connection that died while it was queued, or no file descriptors left, for which a stranger may give his:
                // neither ends the run.
                _log.AcceptFailed(e.Message);
                _pending.EvictOne();
                await Task.Delay(AcceptPause, CancellationToken.None);
            }
        }
    }

    private void Track(Task task)
    {
        // ServeAsync never faults; it is kept so that the end of the run can wait for it.
        _tasks.TryAdd(task, true);
        _ = task.ContinueWith(t => _tasks.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>One connection from its first byte to its end. Whatever happens in it ends here.</summary>
    private async Task ServeAsync(Socket socket, IPEndPoint address, PendingHandshakes.Place place)
    {
        await Task.Yield();
        string peer = address.ToString();
        try
        {
            await using NodeLink? link = await _reception.AdmitAsync(socket, peer, place, _stopping.Token);
            if (link is not null)
            {
                await RunLinkAsync(link);
            }
        }
        catch (Exception e) when (e is ProtocolException or PeerAuthenticationException or AuthenticationException or IOException or SocketException)
        {
            _log.HandshakeFailed(peer, Describe(e));
        }
        catch (Exception e)
        {
            _log.ConnectionBroke(peer, e);
        }
    }

    private static string Describe(Exception e) => e switch
    {
        // What OpenSSL said is in the innermost exception: the others say that it failed.
        AuthenticationException => $"the TLS handshake failed: {e.GetBaseException().Message}",
        _ => e.Message,
    };

    private NodeSlot? SlotOrNone(int nodeId) => nodeId >= 1 && nodeId <= _slots.Length ? Slot(nodeId) : null;

    private async Task RunLinkAsync(NodeLink link)
    {
        Task<ConnectionLostException> run = link.RunAsync(
            new ConnectionOptions(_options.HeartbeatInterval, _options.HeartbeatTimeout, _options.Encoding) { Limits = _options.Limits });
        NodeSlot slot = Slot(link.NodeId);
        if (!slot.TryAttach(link))
        {
            link.End("another connection of this node came first");
            await run;
            return;
        }

        _log.NodeJoined(link);
        _options.Events.Publish(new NodeJoined(link.NodeId, link.Peer, link.Hello.SampleCount));
        ConnectionLostException reason = await run;
        slot.Detach(link);
        bool expected = _stopping.IsCancellationRequested;
        _log.NodeLeft(link, reason.Message, expected);
        if (!expected)
        {
            _options.Events.Publish(new NodeLost(link.NodeId, reason.Message));
        }
    }
}
