using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Enrolment;

/// <summary>
/// A connection to a CA's server, for one request. Nothing that the server says is trusted before it has shown the CA's certificate
/// that is expected, and that its own was issued by it.
/// </summary>
public sealed class AuthorityClient : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = ConnectionOptions.DefaultHandshakeTimeout;

    // A person may have to be found first.
    private static readonly TimeSpan SigningTimeout = TimeSpan.FromMinutes(15);

    private readonly Connection _connection;
    private readonly ApplicantHello _hello;
    private readonly X509Certificate2 _authority;
    private readonly string _nonce;
    private readonly byte[] _channel;

    private AuthorityClient(Connection connection, ApplicantHello hello, X509Certificate2 authority, string nonce, byte[] channel) =>
        (_connection, _hello, _authority, _nonce, _channel) = (connection, hello, authority, nonce, channel);

    /// <summary>Connects and authenticates the CA.</summary>
    /// <param name="endpoint">Host and port of the CA's server.</param>
    /// <param name="wants">One of <see cref="ApplicantWants"/>.</param>
    /// <param name="id">Names the token or the certificate; empty otherwise.</param>
    /// <param name="accepts">Whether this is the CA's certificate that is expected.</param>
    /// <param name="proxy">The proxy to connect through; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="PeerAuthenticationException">It is another CA, or another server.</exception>
    /// <exception cref="AuthorityRefusalException">The CA refused.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public static Task<AuthorityClient> OpenAsync(
        NetworkAddress endpoint, string wants, string id, Func<X509Certificate2, bool> accepts, HttpProxy? proxy, CancellationToken cancellationToken) =>
        WithinAsync(HandshakeTimeout, token => ConnectAsync(endpoint, new ApplicantHello(wants, id, Token.NewNonce()), accepts, proxy, token), cancellationToken);

    /// <summary>Asks for a certificate, with the token as proof.</summary>
    /// <inheritdoc cref="SignAsync"/>
    public Task<(IssuedFiles Issued, SigningGrant Grant)> EnrollAsync(
        EnrolmentToken token, SigningRequest request, Action pending, CancellationToken cancellationToken) =>
        SignAsync(request, Transcript(request).Prove(token.Key), pending, cancellationToken);

    /// <summary>Asks for a certificate like the present one, with a signature of its key as proof.</summary>
    /// <inheritdoc cref="SignAsync"/>
    public Task<(IssuedFiles Issued, SigningGrant Grant)> RenewAsync(X509Certificate2 present, SigningRequest request, CancellationToken cancellationToken) =>
        SignAsync(request, Transcript(request).Sign(present), static () => { }, cancellationToken);

    /// <summary>Reads the list of revoked certificates.</summary>
    /// <returns>DER; its signature is not verified here.</returns>
    /// <exception cref="IOException">The connection failed.</exception>
    public async Task<byte[]> ReadRevokedAsync(CancellationToken cancellationToken) =>
        (await WithinAsync(HandshakeTimeout, token => ReadAsync(_connection, WireLimits.Admission, token), cancellationToken)).Read<RevokedCertificates>().List;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Asks for a certificate and checks the answer.</summary>
    /// <exception cref="AuthorityRefusalException">The CA refused.</exception>
    /// <exception cref="PeerAuthenticationException">The certificate is not the one that was asked for.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    private async Task<(IssuedFiles Issued, SigningGrant Grant)> SignAsync(SigningRequest request, byte[] proof, Action pending, CancellationToken cancellationToken)
    {
        await _connection.SendAsync(new SigningQuery(request.Der, proof), cancellationToken);
        IncomingFrame frame = await WithinAsync(HandshakeTimeout, token => ReadAsync(_connection, WireLimits.Admission, token), cancellationToken);
        if (frame.Type == MessageType.SigningPending)
        {
            pending();
            frame = await WithinAsync(SigningTimeout, token => ReadAsync(_connection, WireLimits.Admission, token), cancellationToken);
        }

        SigningGrant grant = frame.Read<SigningGrant>();
        var issued = new IssuedFiles(Certificate(grant), _authority, grant.Revoked);
        issued.Require(request.PublicKey, request.Role, TimeProvider.System.GetUtcNow());
        return (issued, grant);
    }

    private static async Task<AuthorityClient> ConnectAsync(
        NetworkAddress endpoint, ApplicantHello hello, Func<X509Certificate2, bool> accepts, HttpProxy? proxy, CancellationToken cancellationToken)
    {
        SslStream stream = await SecureAsync(endpoint, proxy, cancellationToken);
        var connection = new Connection(stream, endpoint.ToString());
        try
        {
            await connection.SendAsync(hello, cancellationToken);
            AuthorityIdentity identity = (await ReadAsync(connection, WireLimits.Handshake, cancellationToken)).Read<AuthorityIdentity>();
            byte[] channel = SecureChannel.BindingOf(stream.RemoteCertificate!);
            return new AuthorityClient(connection, hello, Authenticate(identity, stream, accepts), identity.Nonce, channel);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private EnrolmentTranscript Transcript(SigningRequest request) => new(_hello, _nonce, _channel, request.Der);

    private static async Task<SslStream> SecureAsync(NetworkAddress endpoint, HttpProxy? proxy, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await (proxy?.ConnectAsync(socket, endpoint.Host, endpoint.Port, cancellationToken) ?? socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken).AsTask());
            SocketTuning.Apply(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = ServerNames.Authority,
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    AllowRenegotiation = false,
                    AllowTlsResume = false,

                    // Checked in Authenticate: the CA that it must be of is known by its hash only, and comes in the first message.
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                },
                cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static X509Certificate2 Authenticate(AuthorityIdentity identity, SslStream stream, Func<X509Certificate2, bool> accepts)
    {
        try
        {
            X509Certificate2 authority = X509CertificateLoader.LoadCertificate(identity.Certificate);
            if (!accepts(authority))
            {
                throw new PeerAuthenticationException("this side does not accept the CA: its certificate is not the one that is expected; look at the address, and at who gave you the token");
            }

            var server = (X509Certificate2)stream.RemoteCertificate!;
            string? problem = new TrustedAuthority([authority]).ProblemOf(server, KeyUsages.Server);
            return problem is null && server.MatchesHostname(ServerNames.Authority)
                ? authority
                : throw new PeerAuthenticationException($"this side does not accept the CA: {problem ?? "the server's certificate is not that of a CA's server"}");
        }
        catch (CryptographicException e)
        {
            throw new PeerAuthenticationException("this side does not accept the CA: its certificate cannot be read", e);
        }
    }

    private static X509Certificate2 Certificate(SigningGrant grant)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(grant.Certificate);
        }
        catch (CryptographicException e)
        {
            throw new PeerAuthenticationException("the certificate that the CA issued cannot be read", e);
        }
    }

    private static async Task<IncomingFrame> ReadAsync(Connection connection, WireLimits limits, CancellationToken cancellationToken)
    {
        IncomingFrame frame = await connection.ReadHandshakeAsync(limits, cancellationToken);
        if (frame.Type == MessageType.Reject)
        {
            Reject reject = frame.Read<Reject>();
            throw new AuthorityRefusalException(reject.Code, reject.Text);
        }

        return frame;
    }

    private static async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            return await act(deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ProtocolException or SocketException or AuthenticationException or IOException or ProxyRefusedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ConnectionLostException(deadline.IsCancellationRequested ? $"no answer within {limit.TotalSeconds:0} s" : e.GetBaseException().Message, e);
        }
    }
}
