using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>
/// Signs requests that come over the network. The limits for those who have not proved themselves are those of an orchestrator; only
/// after the proof may a person be asked, which takes longer.
/// </summary>
internal sealed class AuthorityServer : IAsyncDisposable
{
    private const int ExpectedApplicants = 16;

    // For a person to answer, and the applicant to take the answer.
    private static readonly TimeSpan GrantTimeout = TimeSpan.FromMinutes(20);

    private readonly CertificateAuthority _authority;
    private readonly AuthorityServerOptions _options;
    private readonly OrchestratorLog _log;
    private readonly EnrolmentDesk _desk;
    private readonly Listener _listener;
    private readonly TlsAcceptor _acceptor;
    private readonly SemaphoreSlim _person = new(1, 1);

    private AuthorityServer(CertificateAuthority authority, AuthorityServerOptions options, OrchestratorLog log)
    {
        (_authority, _options, _log) = (authority, options, log);
        _desk = new EnrolmentDesk(authority, options.Time);
        _acceptor = new TlsAcceptor(new ServerTls(authority.IssueServer()), ExpectedApplicants, ConnectionOptions.DefaultHandshakeTimeout);
        _listener = Listener.Bind(options.Host, options.Port, ExpectedApplicants, log);
    }

    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>Starts to listen.</summary>
    /// <exception cref="UserErrorException">The address cannot be bound.</exception>
    public static AuthorityServer Start(CertificateAuthority authority, AuthorityServerOptions options, ILogger log)
    {
        var server = new AuthorityServer(authority, options, new OrchestratorLog(log));
        server._listener.Start(server.ServeAsync);
        return server;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping)
    {
        Applicant? applicant = await _acceptor.AdmitAsync(socket, peer, place, AdmitAsync, stopping);
        if (applicant is not null)
        {
            await using Connection connection = applicant.Connection;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            deadline.CancelAfter(GrantTimeout);
            await RefusableAsync(connection, () => GrantAsync(applicant, deadline.Token), deadline.Token);
        }
    }

    /// <summary>What takes no person: the list of revoked certificates, and the examination of a request.</summary>
    private async Task<Applicant?> AdmitAsync(ConnectedPeer visitor, CancellationToken cancellationToken)
    {
        Connection connection = visitor.Connection;
        ApplicantHello hello = (await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<ApplicantHello>();
        var identity = new AuthorityIdentity(_authority.Certificate.RawData, Token.NewNonce());
        await connection.SendAsync(identity, cancellationToken);
        if (hello.Wants == ApplicantWants.Revoked)
        {
            await connection.SendAsync(new RevokedCertificates(await ReadListAsync()), cancellationToken);
            return null;
        }

        SigningQuery query = (await connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken)).Read<SigningQuery>();
        Applicant? applicant = null;
        await RefusableAsync(
            connection,
            () =>
            {
                applicant = new Applicant(connection, _desk.Examine(hello, identity.Nonce, visitor.Channel.Binding, query));
                return Task.CompletedTask;
            },
            cancellationToken);
        return applicant;
    }

    private async Task GrantAsync(Applicant applicant, CancellationToken stopping)
    {
        (Connection connection, SigningOrder order) = applicant;
        if (_options.Confirm is { } confirm && !order.IsRenewal)
        {
            await connection.SendAsync(new SigningPending(), stopping);
            if (!await AskAsync(confirm, order, stopping))
            {
                throw new RefusedOrderException(RejectCodes.Certificate, "the CA's person did not sign; compare the fingerprints again");
            }
        }

        X509Certificate2 issued = await _desk.SignAsync(order);
        _log.Issued(order.Request.Role.Name, issued.SerialNumber, connection.Peer, Fingerprint.Of(order.Request.PublicKey));
        byte[] token = order.IsRenewal ? [] : _options.Token;
        await connection.SendAsync(
            new SigningGrant(issued.RawData, await ReadListAsync(), _options.Hub.Host, _options.Hub.Port, token), stopping);
    }

    private async Task<byte[]> ReadListAsync()
    {
        using AuthorityLock held = await AuthorityLock.TakeAsync(_authority.Folder);
        return _authority.Revoked.ReadList();
    }

    private async Task<bool> AskAsync(Func<SigningOrder, CancellationToken, Task<bool>> confirm, SigningOrder order, CancellationToken stopping)
    {
        // One question at a time on one terminal.
        await _person.WaitAsync(stopping);
        try
        {
            return await confirm(order, stopping);
        }
        finally
        {
            _person.Release();
        }
    }

    private async Task RefusableAsync(Connection connection, Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act();
        }
        catch (RefusedOrderException e)
        {
            _log.Strangers.OrderRefused(connection.Peer, e.Message);
            await connection.SendAsync(new Reject(e.Code, e.Message, Final: true), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server ends, or the applicant has waited too long.
        }
    }

    private sealed record Applicant(Connection Connection, SigningOrder Order);
}
