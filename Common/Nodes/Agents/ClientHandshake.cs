using System.Security.Authentication;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>Sends the first frame of a connection, with a nonce if a token is used.</summary>
public delegate Task Introduction(Connection connection, SecureChannel channel, string? nonce, CancellationToken cancellationToken);

/// <summary>Performs the client's handshake on a connected socket: TLS, token, first frame and the orchestrator's answer.</summary>
/// <param name="host">The host name that the orchestrator's certificate must match.</param>
/// <param name="nodeId">The node's id, part of the token proof; 0 for a worker.</param>
/// <param name="introduce">Sends the first frame.</param>
/// <param name="security">How both sides authenticate.</param>
public sealed class ClientHandshake(string host, int nodeId, Introduction introduce, NodeSecurity security)
{
    /// <summary>Wraps the stream in TLS if enabled.</summary>
    /// <exception cref="PeerAuthenticationException">The orchestrator's certificate is not accepted.</exception>
    /// <exception cref="ConnectionLostException">The handshake ended early.</exception>
    public async Task<SecureChannel> SecureAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (security.Tls is not { } tls)
        {
            return SecureChannel.Plain(stream);
        }

        try
        {
            return await tls.AuthenticateAsync(stream, host, cancellationToken);
        }
        catch (AuthenticationException e)
        {
            throw new PeerAuthenticationException($"the TLS handshake failed: {e.GetBaseException().Message}", e);
        }
        catch (IOException e)
        {
            // A server without TLS closes the connection on a TLS handshake. It may also have shut down at this moment.
            throw new ConnectionLostException(
                "it hung up during the TLS handshake; an orchestrator without TLS does that: give it --tls_cert and --tls_key, or this side no --tls_ca", e);
        }
    }

    /// <summary>Sends the first frame. With a token, both sides prove that they know it, this side first.</summary>
    /// <returns>The authenticated orchestrator's answer, or a <see cref="Reject"/>.</returns>
    /// <exception cref="PeerAuthenticationException">The orchestrator does not know the token.</exception>
    public async Task<OrchestratorAnswer> IntroduceAsync(Connection connection, SecureChannel channel, CancellationToken cancellationToken)
    {
        string? nonce = security.Token is null ? null : Token.NewNonce();
        await introduce(connection, channel, nonce, cancellationToken);
        if (security.Token is null)
        {
            return Answer(await connection.ReadHandshakeAsync(WireLimits.Admission, cancellationToken));
        }

        // The limits for unauthenticated peers apply until the orchestrator has authenticated.
        IncomingFrame frame = await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken);
        if (frame.Type == MessageType.Reject)
        {
            return Answer(frame);
        }

        if (MessageRule.Of(frame.Type).Phases == Phases.Admission)
        {
            throw new PeerAuthenticationException("this side does not accept the orchestrator: it did not ask for the token; start it with --token_file");
        }

        Challenge challenge = frame.Read<Challenge>();
        var transcript = new TokenTranscript(nodeId, challenge.Session, nonce!, challenge.Nonce, channel.Binding);
        await connection.SendAsync(new Proof(security.Token.Prove(Party.Node, transcript)), cancellationToken);
        OrchestratorAnswer answer = Answer(await connection.ReadHandshakeAsync(WireLimits.Admission, cancellationToken));
        if (answer.Reject is null
            && !(string.Equals(answer.Session, challenge.Session, StringComparison.Ordinal)
                && security.Token.Verify(Party.Orchestrator, transcript, answer.Proof ?? string.Empty)))
        {
            throw new PeerAuthenticationException("this side does not accept the orchestrator: it does not know the token");
        }

        return answer;
    }

    private static OrchestratorAnswer Answer(IncomingFrame frame) => frame.Type switch
    {
        MessageType.Reject => new OrchestratorAnswer(Reject: frame.Read<Reject>()),
        MessageType.Prepare => new OrchestratorAnswer(Prepare: frame.Read<Prepare>()),
        MessageType.WorkerWelcome => new OrchestratorAnswer(WorkerWelcome: frame.Read<WorkerWelcome>()),
        _ => new OrchestratorAnswer(Welcome: frame.Read<Welcome>()),
    };
}
