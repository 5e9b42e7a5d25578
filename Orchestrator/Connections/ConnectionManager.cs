using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Listens, admits nodes after a timed handshake, tracks connected nodes, and shuts connections down at the end. Input
/// from an unauthenticated peer affects only its own handshake.
/// </summary>
internal sealed class ConnectionManager : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);

    private readonly ConnectionManagerOptions _options;
    private readonly OrchestratorLog _log;
    private readonly NodeSlot[] _slots;
    private readonly Listener _listener;
    private readonly NodeHandshake _handshake;
    private readonly CertificateWatch _watch;

    private ConnectionManager(ConnectionManagerOptions options, OrchestratorLog log)
    {
        _options = options;
        _log = log;
        _handshake = new NodeHandshake(options, SlotOrNone, log);
        _slots = [.. Enumerable.Range(1, options.NodeCount).Select(id => new NodeSlot(id, options.KnownData.ElementAtOrDefault(id - 1)))];
        _listener = Listener.Bind(options.Host, options.Port, options.NodeCount, log);
        _watch = CertificateWatch.Start(options.Security, () => _slots.Select(s => s.Current).OfType<NodeLink>(), log);
    }

    /// <summary>Number of nodes in the run.</summary>
    public int NodeCount => _slots.Length;

    /// <summary>The address that nodes connect to.</summary>
    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>Number of open connections, from accept to close, including unauthenticated ones.</summary>
    public int Serving => _listener.Serving;

    /// <summary>Bytes sent to all nodes so far.</summary>
    public long BytesSent => _slots.Sum(s => s.Bytes.Sent);

    /// <summary>Bytes received from all nodes so far.</summary>
    public long BytesReceived => _slots.Sum(s => s.Bytes.Received);

    /// <summary>The data of nodes 1, 2, …, up to the first that never connected.</summary>
    public IReadOnlyList<NodeData> Data => [.. _slots.Select(s => s.Data).TakeWhile(d => d is not null).OfType<NodeData>()];

    /// <summary>
    /// The common properties of all nodes' samples, once all have connected; <see langword="null"/> for tables.
    /// </summary>
    /// <exception cref="UserErrorException">The samples of two nodes differ in kind or in partition.</exception>
    public Data.SampleTraits? MergeTraits() => DataDescriptions.Merge([.. _slots.Select(s => s.Hello).OfType<Messages.Hello>()], _options.AllowAnyRange);

    /// <summary>Describes the range of a node's values; <see langword="null"/> if it reported none.</summary>
    public string? DescribeNumbersOf(int nodeId) => SlotOrNone(nodeId)?.Hello is { } hello ? DataDescriptions.TraitsOf(hello)?.Numbers(DataDescriptions.NameOf(hello)) : null;

    /// <summary>Likely mistakes in the nodes' data descriptions, one line each.</summary>
    public IReadOnlyList<string> DataDoubts() => DataDescriptions.Doubts([.. _slots.Select(s => s.Hello).OfType<Messages.Hello>()]);

    /// <summary>Binds the address and starts to accept.</summary>
    /// <exception cref="UserErrorException">The address cannot be bound, or the process may not open enough sockets for
    /// all nodes.</exception>
    public static ConnectionManager Start(ConnectionManagerOptions options, OrchestratorLog log)
    {
        RequireDescriptors(options.NodeCount);
        var manager = new ConnectionManager(options, log);
        log.Secured(options);
        manager._listener.Start(manager.ServeAsync);
        return manager;
    }

    /// <summary>The current state of nodes 1, 2, ….</summary>
    public NodeReading[] Read() => Array.ConvertAll(_slots, s => s.Read());

    /// <summary>The slot of a node id.</summary>
    public NodeSlot Slot(int nodeId) => _slots[nodeId - 1];

    /// <summary>Waits until every node is connected.</summary>
    /// <exception cref="NodeLostException">A node did not connect in time.</exception>
    public async Task WaitForAllAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _log.WaitingForNodes(_options.NodeCount, Endpoint);
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<NodeLink>[] arrivals = Array.ConvertAll(_slots, s => s.GetAsync(timeout, others.Token));
        await foreach (Task<NodeLink> arrival in Task.WhenEach(arrivals))
        {
            if (arrival.IsFaulted)
            {
                // One permanently lost node suffices: waiting for the others is pointless.
                await others.CancelAsync();
                await ((Task)Task.WhenAll(arrivals)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw WithDoubled((NodeLostException)arrival.Exception!.InnerException!);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        _log.AllJoined(_options.NodeCount, _listener.SinceFirstArrival);
    }

    /// <summary>Waits until any of the given nodes is connected.</summary>
    /// <returns>Whether one connected in time.</returns>
    public async Task<bool> WaitForAnyAsync(IEnumerable<int> nodes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        NodeSlot[] slots = [.. nodes.Select(Slot)];
        if (slots.Any(s => s.Current is not null))
        {
            return true;
        }

        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<NodeLink>[] arrivals = [.. slots.Select(s => s.GetAsync(timeout, others.Token))];
        bool came = false;
        await foreach (Task<NodeLink> arrival in Task.WhenEach(arrivals))
        {
            if (arrival.IsCompletedSuccessfully && !came)
            {
                came = true;
                await others.CancelAsync();
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return came;
    }

    private NodeLostException WithDoubled(NodeLostException e) => _handshake.Doubled is { } doubled
        ? new NodeLostException(e.NodeId, $"{e.Reason}; a second process came as node {doubled} and was refused: give each its own --node_id", isFinal: true)
        : e;

    /// <summary>
    /// Tells every node that the run is over, gives each time to close its connection, and stops listening.
    /// </summary>
    public async Task ShutdownAsync(string reason)
    {
        await _listener.StopAsync();
        NodeLink[] links = [.. _slots.Select(s => s.Current).OfType<NodeLink>()];
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        await Task.WhenAll(links.Select(link => link.SayFarewellAsync(reason, deadline.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _listener.StopAsync();
        foreach (NodeSlot slot in _slots)
        {
            slot.Current?.End("the orchestrator ends");
        }

        await _listener.DisposeAsync();
    }

    private static void RequireDescriptors(int nodeCount)
    {
        if (!Listener.HasDescriptors(nodeCount, out int available))
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--num_nodes {nodeCount} takes a socket each, and this process may open {available} more files; allow more, e.g. by: ulimit -n {FileDescriptors.Advice(nodeCount)}");
        }
    }

    private async Task ServeAsync(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping)
    {
        await using NodeLink? link = await _handshake.AdmitAsync(socket, peer, place, stopping);
        if (link is not null)
        {
            await RunLinkAsync(link);
        }
    }

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

        _log.Crowd.NodeJoined(link.NodeId, link.Peer, link.Hello.SampleCount);
        _options.Events.Publish(new NodeJoined(link.NodeId, link.Peer, link.Hello.SampleCount));
        ConnectionLostException reason = await run;
        slot.Detach(link);
        if (link.GoneBecause is { } gone)
        {
            slot.GiveUp(gone);
        }

        bool expected = _listener.IsStopping;
        _log.Crowd.NodeLeft(expected ? LogLevel.Debug : LogLevel.Warning, link.NodeId, reason.Message, link.Dropped);
        if (!expected)
        {
            _options.Events.Publish(new NodeLost(link.NodeId, reason.Message));
        }
    }
}
