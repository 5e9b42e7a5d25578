using System.Net;
using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>A server that answers one applicant as a test says.</summary>
internal sealed class HostileAuthority : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    /// <summary>Starts to listen.</summary>
    /// <param name="identity">The certificate of its TLS connection.</param>
    /// <param name="certificate">The CA's certificate that it claims.</param>
    /// <param name="answer">Answers the request.</param>
    public HostileAuthority(TlsIdentity identity, byte[] certificate, Func<Connection, SigningQuery, Task> answer)
    {
        _listener.Start();
        _serving = ServeAsync(new ServerTls(identity), certificate, answer);
    }

    public NetworkAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Whether an applicant sent it a request.</summary>
    public bool WasTrusted { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.ContinueWith(_ => { }, TaskScheduler.Default).Soon();
        _listener.Dispose();
    }

    private async Task ServeAsync(ServerTls tls, byte[] certificate, Func<Connection, SigningQuery, Task> answer)
    {
        using Socket socket = await _listener.AcceptSocketAsync();
        SecureChannel channel = await tls.AuthenticateAsync(new NetworkStream(socket), CancellationToken.None);
        await using var connection = new Connection(channel.Stream, "applicant");
        (await connection.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None)).Read<ApplicantHello>();
        await connection.SendAsync(new AuthorityIdentity(certificate, Token.NewNonce()), CancellationToken.None);
        SigningQuery query = (await connection.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None)).Read<SigningQuery>();
        WasTrusted = true;
        await answer(connection, query);
    }
}
