using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>The handshake, from an accepted socket to a node that has been told that it is welcome, or to a refusal.</summary>
/// <param name="options">Who is waited for, and what admitted nodes are told.</param>
/// <param name="slotOf">The place of a node id, if there is such a node.</param>
/// <param name="log">Refusals go there.</param>
internal sealed class NodeHandshake(ConnectionManagerOptions options, Func<int, NodeSlot?> slotOf, OrchestratorLog log)
{
    private readonly TlsAcceptor _acceptor = new(options.Security.Tls, options.NodeCount, options.HandshakeTimeout);
    private readonly Authentication _authentication = new(options.Security, options.Session);

    /// <summary>The node that another process wanted to be too, at last.</summary>
    public int? Doubled { get; private set; }

    /// <summary>The handshake, in the time and the place that a stranger has. The socket is disposed unless it gives a link.</summary>
    /// <returns>The link, or <see langword="null"/> if the node was refused.</returns>
    public Task<NodeLink?> AdmitAsync(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping) =>
        _acceptor.AdmitAsync(socket, peer, place, AdmitAsync, stopping);

    private async Task<NodeLink?> AdmitAsync(ConnectedPeer visitor, CancellationToken cancellationToken)
    {
        Connection connection = visitor.Connection;
        Hello hello = (await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<Hello>();

        // Who it is comes first: what the run is like is told to nobody else.
        (Reject? refusal, string? proof) = await _authentication.CheckAsync(visitor, Claim.OfNode(hello), cancellationToken);
        NodeSlot? slot = slotOf(hello.NodeId);
        refusal ??= AdmissionRules.Check(hello, options, slot?.Data, slot?.Current is not null);

        // The welcome goes out before the place is taken, so that no task can overtake it; if the place is gone, the node
        // sees its connection end and tries again.
        refusal ??= slot?.Current is { } other && !GivesWay(slot, other)
            ? new Reject(RejectCodes.Duplicate, $"node {hello.NodeId} is connected from {other.Peer}", Final: false)
            : null;
        if (refusal is not null)
        {
            log.Strangers.Refused(connection.Peer, hello.NodeId, refusal.Text);
            Note(refusal, hello, slot);
            await connection.SendAsync(refusal, cancellationToken);
            return null;
        }

        if (options.Setup is null)
        {
            await connection.SendAsync(new Prepare(options.Session, options.HeartbeatInterval, options.HeartbeatTimeout, proof), cancellationToken);
        }
        else
        {
            Welcome welcome = options.Setup.ToWelcome(options.Session, options.HeartbeatInterval, options.HeartbeatTimeout);
            await connection.SendAsync(welcome with { Proof = proof }, cancellationToken);
        }

        return new NodeLink(hello, connection, options.Encoding);
    }

    /// <summary>A node that shows who it is and is refused will not be in this run. Whoever does not show it is a stranger, and ends nobody's waiting.</summary>
    private void Note(Reject refusal, Hello hello, NodeSlot? slot)
    {
        if (refusal.Code is RejectCodes.Token or RejectCodes.Certificate or RejectCodes.Tls)
        {
            return;
        }

        if (slot?.Current is not null)
        {
            Doubled = hello.NodeId;
        }
        else if (refusal.Final)
        {
            slot?.GiveUp($"it was refused: {refusal.Text}");
        }
    }

    /// <summary>
    /// Ends the connection that holds the place, if it looks dead: a half-open one, whose end the network has swallowed. Who stands at the door
    /// has shown that it is this node and has its data; that alone takes no place from a node that lives.
    /// </summary>
    private bool GivesWay(NodeSlot slot, NodeLink holder)
    {
        TimeSpan silence = holder.Silence;
        if (silence <= options.TakeoverSilence)
        {
            return false;
        }

        holder.End($"nothing came of it for {silence.TotalSeconds:0.#} s, and the node has connected anew");
        slot.Detach(holder);
        return true;
    }
}
