using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Listens, admits nodes after a timed handshake, keeps the registry of who is connected, and says farewell in the end. Nothing that
/// a stranger sends reaches further than its own handshake.
/// </summary>
internal sealed class ConnectionManager : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);

    private readonly ConnectionManagerOptions _options;
    private readonly OrchestratorLog _log;
    private readonly NodeSlot[] _slots;
    private readonly Listener _listener;
    private readonly NodeHandshake _handshake;

    private ConnectionManager(ConnectionManagerOptions options, OrchestratorLog log)
    {
        _options = options;
        _log = log;
        _handshake = new NodeHandshake(options, SlotOrNone, log);
        _slots = [.. Enumerable.Range(1, options.NodeCount).Select(id => new NodeSlot(id, options.KnownData.ElementAtOrDefault(id - 1)))];
        _listener = Listener.Bind(options.Host, options.Port, options.NodeCount, log);
    }

    /// <summary>How many nodes the run has.</summary>
    public int NodeCount => _slots.Length;

    /// <summary>The address that nodes connect to.</summary>
    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>Connections that are being served, from the first byte to the end, those of strangers included.</summary>
    public int Serving => _listener.Serving;

    /// <summary>Bytes sent to all nodes so far.</summary>
    public long BytesSent => _slots.Sum(s => s.Bytes.Sent);

    /// <summary>Bytes received from all nodes so far.</summary>
    public long BytesReceived => _slots.Sum(s => s.Bytes.Received);

    /// <summary>The data of node 1, 2, …, up to the first that never came.</summary>
    public IReadOnlyList<NodeData> Data => [.. _slots.Select(s => s.Data).TakeWhile(d => d is not null).OfType<NodeData>()];

    /// <summary>What the samples of all nodes are, once these have come; <see langword="null"/> for tables.</summary>
    /// <exception cref="UserErrorException">Two nodes' samples are not the same kind of thing, or not dealt out in the same way.</exception>
    public Data.SampleTraits? MergeTraits() => DataDescriptions.Merge([.. _slots.Select(s => s.Hello).OfType<Messages.Hello>()], _options.AllowAnyRange);

    /// <summary>What a node has said of its numbers; <see langword="null"/> if it has none.</summary>
    public string? DescribeNumbersOf(int nodeId) => SlotOrNone(nodeId)?.Hello is { } hello ? DataDescriptions.TraitsOf(hello)?.Numbers(DataDescriptions.NameOf(hello)) : null;

    /// <summary>What looks like a mistake in what nodes say of their samples, a line each.</summary>
    public IReadOnlyList<string> DataDoubts() => DataDescriptions.Doubts([.. _slots.Select(s => s.Hello).OfType<Messages.Hello>()]);

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="UserErrorException">The address cannot be bound, or the process may not open as many sockets as there are nodes.</exception>
    public static ConnectionManager Start(ConnectionManagerOptions options, OrchestratorLog log)
    {
        RequireDescriptors(options.NodeCount);
        var manager = new ConnectionManager(options, log);
        log.Secured(options);
        manager._listener.Start(manager.ServeAsync);
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
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<NodeLink>[] arrivals = Array.ConvertAll(_slots, s => s.GetAsync(timeout, others.Token));
        await foreach (Task<NodeLink> arrival in Task.WhenEach(arrivals))
        {
            if (arrival.IsFaulted)
            {
                // One that will not come is enough: nobody need wait for the others.
                await others.CancelAsync();
                await ((Task)Task.WhenAll(arrivals)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw WithDoubled((NodeLostException)arrival.Exception!.InnerException!);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        _log.AllJoined(_options.NodeCount, _listener.SinceFirstArrival);
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

    /// <summary>Tells every node that the run is over, gives each time to hang up, and stops listening.</summary>
    public async Task ShutdownAsync(string reason)
    {
        await _listener.StopAsync();
        NodeLink[] links = [.. _slots.Select(s => s.Current).OfType<NodeLink>()];
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        await Task.WhenAll(links.Select(link => link.SayFarewellAsync(reason, deadline.Token)));
    }

    public async ValueTask DisposeAsync()
    {
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
        if (link.LeftBecause is { } left)
        {
            slot.GiveUp($"it left: {left}");
        }

        bool expected = _listener.IsStopping;
        _log.Crowd.NodeLeft(expected ? LogLevel.Debug : LogLevel.Warning, link.NodeId, reason.Message, link.Dropped);
        if (!expected)
        {
            _options.Events.Publish(new NodeLost(link.NodeId, reason.Message));
        }
    }
}
