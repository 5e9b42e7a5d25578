using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A peer's claimed identity.</summary>
/// <param name="Who">For display: <c>node 3</c>, <c>worker lab-2</c>.</param>
/// <param name="Flag">The flag that sets the identity, for advice in messages.</param>
/// <param name="NodeId">The id in the token's transcript: the node's id, or 0 for a worker, which no node uses.</param>
/// <param name="CertificateName">The name that its certificate must contain, where one is required.</param>
/// <param name="Nonce">The nonce of a peer that has a token.</param>
internal sealed record Claim(string Who, string Flag, int NodeId, string CertificateName, string? Nonce)
{
    /// <summary>The claim of a node.</summary>
    public static Claim OfNode(Hello hello) =>
        new($"node {hello.NodeId}", "a node shows the certificate of its own --node_id", hello.NodeId, NodeCertificate.NameOf(hello.NodeId), hello.Nonce);

    /// <summary>The claim of a worker.</summary>
    public static Claim OfWorker(WorkerHello hello) =>
        new($"worker {hello.Name}", "a worker shows a certificate for the name 'worker'", WorkerHello.NodeId, NodeCertificate.Worker, hello.Nonce);
}

/// <summary>Authenticates a peer by its certificate and by the token.</summary>
internal sealed class Authentication(OrchestratorSecurity security, string session)
{
    /// <summary>
    /// Authenticates a peer. With a token this is one round trip in which the peer proves knowledge first, so that an
    /// eavesdropper or impostor learns nothing.
    /// </summary>
    /// <returns>The refusal; or, with a token, this side's own proof for the <c>Welcome</c>.</returns>
    public async Task<(Reject? Refusal, string? Proof)> CheckAsync(ConnectedPeer visitor, Claim claim, CancellationToken cancellationToken)
    {
        if (CertificateProblem(visitor.Channel, claim) is { } problem)
        {
            return (new Reject(RejectCodes.Certificate, problem, Final: true), null);
        }

        switch (security.Token, claim.Nonce)
        {
            case (null, null):
                return default;
            case (null, _):
                return (Refusal($"{claim.Who} has a token and this orchestrator has none; start both with the same --token_file, or both without"), null);
            case (_, null):
                return (Refusal($"this orchestrator asks for a token; start {claim.Who} with --token_file"), null);
        }

        var challenge = new Challenge(session, Token.NewNonce());
        await visitor.Connection.SendAsync(challenge, cancellationToken);
        Proof proof = (await visitor.Connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<Proof>();
        var transcript = new TokenTranscript(claim.NodeId, session, claim.Nonce, challenge.Nonce, visitor.Channel.Binding);
        return security.Token.Verify(Party.Node, transcript, proof.Value)
            ? (null, security.Token.Prove(Party.Orchestrator, transcript))
            : (Refusal($"the token of {claim.Who} is not this orchestrator's; give both the same --token_file"), null);
    }

    /// <summary>Whether a peer is a node by its certificate; any peer is where nodes authenticate by nothing.</summary>
    public bool IsCertified(SecureChannel channel, int nodeId) => security.Tls is { IsMutual: true }
        ? channel is { Problem: null, PeerCertificate: { } certificate } && NodeCertificate.IsFor(certificate, NodeCertificate.NameOf(nodeId))
        : security.Token is null;

    private static Reject Refusal(string text) => new(RejectCodes.Token, text, Final: true);

    private string? CertificateProblem(SecureChannel channel, Claim claim)
    {
        if (security.Tls is not { IsMutual: true })
        {
            return null;
        }

        if (channel.Problem is { } problem)
        {
            return $"{claim.Who} is not accepted: {problem}; look at its --tls_cert and --tls_key";
        }

        return NodeCertificate.IsFor(channel.PeerCertificate!, claim.CertificateName)
            ? null
            : $"{claim.Who} is not accepted: its certificate ({channel.PeerCertificate!.Subject}) is not for '{claim.CertificateName}'; {claim.Flag}";
    }
}
