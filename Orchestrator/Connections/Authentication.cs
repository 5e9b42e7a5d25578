using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Whether a visitor is the node that it says it is: by its certificate, and by the token.</summary>
internal sealed class Authentication(OrchestratorSecurity security, string session)
{
    /// <summary>Checks who it is. With a token that is a round trip, in which the node goes first: whoever may be listening learns nothing.</summary>
    /// <returns>The refusal; or this side's own proof for the <c>Welcome</c>, where there is a token.</returns>
    public async Task<(Reject? Refusal, string? Proof)> CheckAsync(Visitor visitor, Hello hello, CancellationToken cancellationToken)
    {
        if (CertificateProblem(visitor.Channel, hello.NodeId) is { } problem)
        {
            return (new Reject(RejectCodes.Certificate, problem, Final: true), null);
        }

        switch (security.Token, hello.Nonce)
        {
            case (null, null):
                return default;
            case (null, _):
                return (Refusal("the node has a token and this orchestrator has none; start both with the same --token_file, or both without"), null);
            case (_, null):
                return (Refusal("this orchestrator asks for a token; start the node with --token_file"), null);
        }

        var challenge = new Challenge(session, Token.NewNonce());
        await visitor.Connection.SendAsync(challenge, cancellationToken);
        Proof proof = (await visitor.Connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<Proof>();
        var transcript = new TokenTranscript(hello.NodeId, session, hello.Nonce, challenge.Nonce, visitor.Channel.Binding);
        return security.Token.Verify(Party.Node, transcript, proof.Value)
            ? (null, security.Token.Prove(Party.Orchestrator, transcript))
            : (Refusal("the node's token is not this orchestrator's; give both the same --token_file"), null);
    }

    private static Reject Refusal(string text) => new(RejectCodes.Token, text, Final: true);

    private string? CertificateProblem(SecureChannel channel, int nodeId)
    {
        if (security.Tls is not { IsMutual: true })
        {
            return null;
        }

        if (channel.Problem is { } problem)
        {
            return $"node {nodeId} is not accepted: {problem}; look at the node's --tls_cert and --tls_key";
        }

        return NodeCertificate.IsFor(channel.PeerCertificate!, nodeId)
            ? null
            : $"node {nodeId} is not accepted: its certificate ({channel.PeerCertificate!.Subject}) is not for '{NodeCertificate.NameOf(nodeId)}'; a node shows the certificate of its own --node_id";
    }
}
