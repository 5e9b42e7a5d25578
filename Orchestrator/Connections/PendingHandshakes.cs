using System.Net;
using System.Net.Sockets;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// The connections that have not been admitted yet: a limited number. Nobody is kept out by others who keep their places: when all are
/// taken, the address that has most of them gives up its oldest, so that each of n addresses has at least an n-th of them.
/// </summary>
internal sealed class PendingHandshakes(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LinkedList<HandshakeSlot>> _byAddress = [];
    private int _count;

    /// <summary>Places taken.</summary>
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

    /// <summary>Takes a place, somebody else's if need be; to be disposed when the handshake is over.</summary>
    /// <param name="address">Where the connection comes from.</param>
    /// <param name="socket">Closed at once if the place goes to somebody else, so that there are never more sockets than places.</param>
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

        // Outside the lock: whoever waits for the cancellation goes on in here.
        evicted?.Evict();
        return place;
    }

    /// <summary>Ends one handshake, to have its file descriptor back.</summary>
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

    /// <summary>Whoever has one IPv6 address has the 2⁶⁴ of its network.</summary>
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

    /// <summary>One handshake's place.</summary>
    internal sealed class HandshakeSlot : IDisposable
    {
        private readonly PendingHandshakes _owner;

        // Not disposed: it has no timer, and an eviction may be under way when the handshake ends.
        private readonly CancellationTokenSource _evicted = new();

        private readonly Socket? _socket;

        public HandshakeSlot(PendingHandshakes owner, IPAddress origin, Socket? socket)
        {
            _owner = owner;
            _socket = socket;
            Origin = origin;
            Node = new LinkedListNode<HandshakeSlot>(this);
        }

        /// <summary>Cancelled when the place goes to somebody else.</summary>
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
