using System.Diagnostics;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// The slot of one node id: empty, or held by one live link. Links come and go, so callers query the slot each time.
/// </summary>
internal sealed class NodeSlot(int nodeId, NodeData? data = null)
{
    // How long the slot of a permanently lost node stays open for a replacement process, which may be starting right
    // now.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private NodeLink? _current;
    private (long Sent, long Received) _ended;
    private TaskCompletionSource<NodeLink> _arrival = NewArrival();
    private string? _goneBecause;

    public int NodeId { get; } = nodeId;

    /// <summary>The live link, if any.</summary>
    public NodeLink? Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>The data that the node described when first admitted to this run; it must not change.</summary>
    public NodeData? Data { get; private set; } = data;

    /// <summary>The node's latest introduction; <see langword="null"/> if it never connected.</summary>
    public Hello? Hello { get; private set; }

    /// <summary>Bytes over all of the node's links.</summary>
    public (long Sent, long Received) Bytes
    {
        get
        {
            lock (_lock)
            {
                return _current is { } link ? (_ended.Sent + link.BytesSent, _ended.Received + link.BytesReceived) : _ended;
            }
        }
    }

    /// <summary>The current state of the node.</summary>
    public NodeReading Read()
    {
        NodeLink? link = Current;
        (long sent, long received) = Bytes;
        return new NodeReading(NodeId, link?.Peer, Data?.SampleCount, link?.Silence ?? TimeSpan.Zero, sent, received);
    }

    /// <summary>Assigns the slot to a link, unless another live link holds it.</summary>
    public bool TryAttach(NodeLink link)
    {
        lock (_lock)
        {
            if (_current is not null)
            {
                return false;
            }

            _current = link;
            _goneBecause = null;
            Hello = link.Hello;
            Data ??= new NodeData(link.Hello.SampleCount, link.Hello.Fingerprint);
            if (!_arrival.TrySetResult(link))
            {
                // Earlier waiters have already been told that the node will not come.
                _arrival = NewArrival();
                _arrival.SetResult(link);
            }

            return true;
        }
    }

    /// <summary>
    /// Marks the node as permanently lost: refused for good, or left with notice. Waiting ends after a short grace
    /// period unless another process takes its place.
    /// </summary>
    public void GiveUp(string reason)
    {
        lock (_lock)
        {
            if (_current is null)
            {
                _goneBecause = reason;
                _ = EndWaitAsync(_arrival, reason);
            }
        }
    }

    /// <summary>Empties the slot, if this link holds it.</summary>
    public void Detach(NodeLink link)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_current, link))
            {
                _current = null;
                _ended = (_ended.Sent + link.BytesSent, _ended.Received + link.BytesReceived);
                _arrival = NewArrival();
            }
        }
    }

    /// <summary>The live link, waiting for one up to <paramref name="timeout"/>.</summary>
    /// <exception cref="NodeLostException">No link was established.</exception>
    public async Task<NodeLink> GetAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task<NodeLink> arrival;
        lock (_lock)
        {
            arrival = _arrival.Task;
        }

        if (arrival.IsCompletedSuccessfully)
        {
            return await arrival;
        }

        long start = Stopwatch.GetTimestamp();
        try
        {
            return await arrival.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NodeLostException(NodeId, $"it did not come{(Data is null ? string.Empty : " back")} within {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        }
    }

    private async Task EndWaitAsync(TaskCompletionSource<NodeLink> arrival, string reason)
    {
        await Task.Delay(Grace);
        lock (_lock)
        {
            if (_goneBecause is not null && arrival.TrySetException(new NodeLostException(NodeId, reason, isFinal: true)))
            {
                _ = arrival.Task.Exception; // There may be nobody who waits.
            }
        }
    }

    private static TaskCompletionSource<NodeLink> NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A node is permanently lost; the run cannot continue.</summary>
internal sealed class NodeLostException(int nodeId, string reason, bool isFinal = false) : Exception($"node {nodeId} is lost: {reason}")
{
    public string Reason { get; } = reason;

    /// <summary>Advice for the user: a longer wait does not bring back a node that was refused or has left.</summary>
    public string Advice { get; } = isFinal ? "correct that and start it again" : "start it again and give it more time with --connect_timeout or --reconnect_timeout";

    public int NodeId { get; } = nodeId;
}
