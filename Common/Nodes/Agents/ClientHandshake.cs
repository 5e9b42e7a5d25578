using System.Security.Authentication;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>Sends the first frame of a connection, with a nonce where there is a token.</summary>
public delegate Task Introduction(Connection connection, string? nonce, CancellationToken cancellationToken);

/// <summary>From a connected socket to an orchestrator that is known and has answered: TLS, token, the first frame.</summary>
/// <param name="host">The orchestrator's, as its certificate names it.</param>
/// <param name="nodeId">Part of what is proven; 0 for a worker.</param>
/// <param name="introduce">Says who connects.</param>
/// <param name="security">How both sides know each other.</param>
public sealed class ClientHandshake(string host, int nodeId, Introduction introduce, NodeSecurity security)
{
    /// <summary>Puts TLS around the stream, where it is on.</summary>
    /// <exception cref="PeerAuthenticationException">It is not the orchestrator that this node trusts.</exception>
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
            // What a server without TLS does with a TLS handshake. It may also have been stopped at this very moment.
            throw new ConnectionLostException(
                "it hung up during the TLS handshake; an orchestrator without TLS does that: give it --tls_cert and --tls_key, or this side no --tls_ca", e);
        }
    }

    /// <summary>Says who connects. With a token both sides prove that they know it, this one first.</summary>
    /// <returns>The answer of the right orchestrator, or a <see cref="Reject"/>.</returns>
    /// <exception cref="PeerAuthenticationException">It does not know the token.</exception>
    public async Task<OrchestratorAnswer> IntroduceAsync(Connection connection, SecureChannel channel, CancellationToken cancellationToken)
    {
        string? nonce = security.Token is null ? null : Token.NewNonce();
        await introduce(connection, nonce, cancellationToken);
        if (security.Token is null)
        {
            return Answer(await connection.ReadHandshakeAsync(WireLimits.Admission, cancellationToken));
        }

        // No more than a stranger's frame is taken from an orchestrator that has not proven itself.
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
