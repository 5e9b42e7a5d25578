using TraversalLearning.Enrolment;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;

namespace TraversalLearning.Tests.Support;

/// <summary>A CA in a folder and its server on a free port of the loopback interface.</summary>
internal sealed class RunningAuthority : IAsyncDisposable
{
    private readonly AuthorityServer _server;

    private RunningAuthority(CertificateAuthority authority, AuthorityServer server, CapturedLog log) => (Authority, _server, Log) = (authority, server, log);

    public CertificateAuthority Authority { get; }

    public CapturedLog Log { get; }

    public NetworkAddress Address => new(_server.Endpoint.Address.ToString(), _server.Endpoint.Port);

    /// <summary>Makes a CA and starts its server.</summary>
    /// <param name="folder">The CA's folder.</param>
    /// <param name="change">Changes the server's settings.</param>
    /// <param name="days">How long certificates are valid.</param>
    public static RunningAuthority Start(string folder, Func<AuthorityServerOptions, AuthorityServerOptions>? change = null, int days = 30)
    {
        var authority = CertificateAuthority.Create(folder, days);
        var options = new AuthorityServerOptions("127.0.0.1", 0, new NetworkAddress("hub.example", 12345)) { Token = "0123456789abcdef"u8.ToArray() };
        var log = new CapturedLog();
        return new RunningAuthority(authority, AuthorityServer.Start(authority, change?.Invoke(options) ?? options, log.Logger("ca")), log);
    }

    /// <summary>Makes a token.</summary>
    public EnrolmentToken NewToken(string role = "node-1", TimeSpan? valid = null, params string[] names)
    {
        var token = EnrolmentToken.Create(CertificateRole.Find(role)!, Authority.Certificate);
        Authority.Tokens.Save(PendingToken.Of(token, names, DateTimeOffset.UtcNow + (valid ?? TimeSpan.FromHours(1))));
        return token;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Authority.Dispose();
        Log.Dispose();
    }
}
