using System.Net;
using System.Net.Sockets;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Limits the connections that are not yet admitted. No address can lock out others: when all slots are taken, the
/// address with the most gives up its oldest, so that each of n addresses has at least 1/n of the slots.
/// </summary>
internal sealed class PendingHandshakes(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LinkedList<HandshakeSlot>> _byAddress = [];
    private int _count;

    /// <summary>Number of slots taken.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a slot, evicting another handshake if necessary. Dispose the slot after the handshake.</summary>
    /// <param name="address">The connection's remote address.</param>
    /// <param name="socket">Closed at once on eviction, so that there are never more sockets than slots.</param>
    public HandshakeSlot Enter(IPAddress address, Socket? socket = null)
    {
        HandshakeSlot? evicted = null;
        HandshakeSlot place;
        lock (_lock)
        {
            if (_count == capacity)
            {
                evicted = RemoveOldest();
            }

            IPAddress origin = OriginOf(address);
            if (!_byAddress.TryGetValue(origin, out LinkedList<HandshakeSlot>? places))
            {
                _byAddress.Add(origin, places = []);
            }

            place = new HandshakeSlot(this, origin, socket);
            places.AddLast(place.Node);
            _count++;
        }

        // Outside the lock: continuations of the cancellation run in here.
        evicted?.Evict();
        return place;
    }

    /// <summary>Evicts one handshake to free its file descriptor.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    public bool EvictOne()
    {
        HandshakeSlot? evicted;
        lock (_lock)
        {
            evicted = _count > 0 ? RemoveOldest() : null;
        }

        evicted?.Evict();
        return evicted is not null;
    }

    /// <summary>
    /// The owner of one IPv6 address controls the 2⁶⁴ addresses of its network, so the network counts as the origin.
    /// </summary>
    private static IPAddress OriginOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out int written) || written != bytes.Length)
        {
            return address;
        }

        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private HandshakeSlot RemoveOldest()
    {
        HandshakeSlot oldest = _byAddress.Values.MaxBy(places => places.Count)!.First!.Value;
        Remove(oldest);
        return oldest;
    }

    private void Remove(HandshakeSlot place)
    {
        LinkedList<HandshakeSlot>? places = place.Node.List;
        if (places is null)
        {
            return;
        }

        places.Remove(place.Node);
        _count--;
        if (places.Count == 0)
        {
            _byAddress.Remove(place.Origin);
        }
    }

    /// <summary>The slot of one handshake.</summary>
    internal sealed class HandshakeSlot : IDisposable
    {
        private readonly PendingHandshakes _owner;

        // Not disposed: it has no timer, and an eviction may be in progress when the handshake ends.
        private readonly CancellationTokenSource _evicted = new();

        private readonly Socket? _socket;

        public HandshakeSlot(PendingHandshakes owner, IPAddress origin, Socket? socket)
        {
            _owner = owner;
            _socket = socket;
            Origin = origin;
            Node = new LinkedListNode<HandshakeSlot>(this);
        }

        /// <summary>Cancelled on eviction.</summary>
        public CancellationToken Evicted => _evicted.Token;

        internal IPAddress Origin { get; }

        internal LinkedListNode<HandshakeSlot> Node { get; }

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (_owner._lock)
            {
                _owner.Remove(this);
            }
        }

        internal void Evict()
        {
            _evicted.Cancel();
            _socket?.Dispose();
        }
    }
}
