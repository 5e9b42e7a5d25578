using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>The handshake of a node, from an accepted socket to its admission or refusal.</summary>
/// <param name="options">The expected nodes, and the setup sent on admission.</param>
/// <param name="slotOf">The slot of a node id, if that id exists.</param>
/// <param name="log">Records refusals.</param>
internal sealed class NodeHandshake(ConnectionManagerOptions options, Func<int, NodeSlot?> slotOf, OrchestratorLog log)
{
    private readonly TlsAcceptor _acceptor = new(options.Security.Tls, options.NodeCount, options.HandshakeTimeout);
    private readonly Authentication _authentication = new(options.Security, options.Session);

    /// <summary>The last node id that a second process tried to use.</summary>
    public int? Doubled { get; private set; }

    /// <summary>
    /// Runs the handshake within the time and slot of an unauthenticated peer. Disposes the socket unless it returns a
    /// link.
    /// </summary>
    /// <returns>The link; <see langword="null"/> if the node was refused.</returns>
    public Task<NodeLink?> AdmitAsync(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping) =>
        _acceptor.AdmitAsync(socket, peer, place, AdmitAsync, stopping);

    private async Task<NodeLink?> AdmitAsync(ConnectedPeer visitor, CancellationToken cancellationToken)
    {
        Connection connection = visitor.Connection;
        IncomingFrame first = await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
        if (first.Type == MessageType.Decline)
        {
            Note(first.Read<Decline>(), visitor);
            return null;
        }

        Hello hello = first.Read<Hello>();

        // Authentication comes first: nothing about the run is revealed to an unauthenticated peer.
        (Reject? refusal, string? proof) = await _authentication.CheckAsync(visitor, Claim.OfNode(hello), cancellationToken);
        NodeSlot? slot = slotOf(hello.NodeId);
        refusal ??= AdmissionRules.Check(hello, options, slot?.Data, slot?.Current is not null);

        // The welcome is sent before the slot is taken, so that no task can overtake it. If the slot is then gone, the
        // node sees its connection close and retries.
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

        return new NodeLink(hello, connection, options.Encoding) { Certificate = visitor.Channel.PeerCertificate };
    }

    /// <summary>
    /// Records the refusal of an authenticated node, which then will not join this run. An unauthenticated peer has no
    /// effect on waiting.
    /// </summary>
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

    /// <summary>Records that a node's policy does not allow this orchestrator. Nobody else can say so in its place.</summary>
    private void Note(Decline decline, ConnectedPeer visitor)
    {
        string reason = $"its policy does not allow this orchestrator ({Printable.Escape(decline.Code)}): {Printable.Escape(decline.Reason)}";
        log.Strangers.Declined(visitor.Connection.Peer, decline.NodeId, reason);
        if (_authentication.IsCertified(visitor.Channel, decline.NodeId) && slotOf(decline.NodeId) is { Current: null } slot)
        {
            slot.GiveUp(reason);
        }
    }

    /// <summary>
    /// Closes the connection that holds the slot if it appears dead, such as a half-open one whose end was lost in the
    /// network. The new peer has been authenticated as this node with the same data, but that alone does not displace a
    /// live node.
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
