using System.Net;
using System.Net.Sockets;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>Who gives way when too many knock at once.</summary>
public sealed class PendingHandshakesTests
{
    private static readonly IPAddress Crowd = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Guest = IPAddress.Parse("10.0.0.2");

    [Test]
    public void Never_more_than_there_are_places()
    {
        var pending = new PendingHandshakes(capacity: 8);
        PendingHandshakes.HandshakeSlot[] places = [.. Enumerable.Range(0, 10_000).Select(_ => pending.Enter(Crowd))];
        Assert.That(pending.Count, Is.EqualTo(8));
        Assert.That(places[..^8].All(p => p.Evicted.IsCancellationRequested), Is.True, "the oldest go");
        Assert.That(places[^8..].Any(p => p.Evicted.IsCancellationRequested), Is.False);
    }

    [Test]
    public void A_crowd_from_one_address_does_not_push_out_a_guest_from_another()
    {
        var pending = new PendingHandshakes(capacity: 8);
        PendingHandshakes.HandshakeSlot guest = pending.Enter(Guest);
        for (int i = 0; i < 1000; i++)
        {
            pending.Enter(Crowd);
        }

        Assert.That(guest.Evicted.IsCancellationRequested, Is.False);
        PendingHandshakes.HandshakeSlot late = pending.Enter(IPAddress.Parse("10.0.0.3"));
        Assert.That((guest.Evicted.IsCancellationRequested, late.Evicted.IsCancellationRequested), Is.EqualTo((false, false)));
    }

    [Test]
    public void A_network_of_IPv6_counts_as_one_address()
    {
        var pending = new PendingHandshakes(capacity: 8);
        PendingHandshakes.HandshakeSlot guest = pending.Enter(IPAddress.Parse("2001:db8:0:2::1"));
        for (int i = 0; i < 100; i++)
        {
            pending.Enter(IPAddress.Parse($"2001:db8:0:1::{i:x}"));
        }

        Assert.That(guest.Evicted.IsCancellationRequested, Is.False);
    }

    [Test]
    public void An_address_is_the_same_in_IPv4_and_mapped_to_IPv6()
    {
        var pending = new PendingHandshakes(capacity: 4);
        PendingHandshakes.HandshakeSlot guest = pending.Enter(Guest);
        for (int i = 0; i < 4; i++)
        {
            pending.Enter(i % 2 == 0 ? Crowd : Crowd.MapToIPv6());
        }

        Assert.That(guest.Evicted.IsCancellationRequested, Is.False);
    }

    [Test]
    public void A_place_is_free_again_when_its_handshake_is_over()
    {
        var pending = new PendingHandshakes(capacity: 1);
        for (int i = 0; i < 3; i++)
        {
            using PendingHandshakes.HandshakeSlot place = pending.Enter(Crowd);
            Assert.That((pending.Count, place.Evicted.IsCancellationRequested), Is.EqualTo((1, false)));
        }

        Assert.That(pending.Count, Is.Zero);
        Assert.That(pending.EvictOne(), Is.False);
    }

    [Test]
    public void Who_gives_way_is_closed_at_once()
    {
        var pending = new PendingHandshakes(capacity: 1);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        pending.Enter(Crowd, socket);
        Assert.That(socket.SafeHandle.IsClosed, Is.False);
        pending.Enter(Crowd);
        Assert.That(socket.SafeHandle.IsClosed, Is.True);
    }

    [Test]
    public void One_gives_way_when_file_descriptors_run_out()
    {
        var pending = new PendingHandshakes(capacity: 8);
        PendingHandshakes.HandshakeSlot first = pending.Enter(Crowd);
        PendingHandshakes.HandshakeSlot second = pending.Enter(Crowd);
        Assert.That(pending.EvictOne(), Is.True);
        Assert.That((first.Evicted.IsCancellationRequested, second.Evicted.IsCancellationRequested), Is.EqualTo((true, false)));
        first.Dispose();
        Assert.That(pending.Count, Is.EqualTo(1), "left once, by whichever way");
    }
}
