using System.Net.Sockets;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>Whose certificates are accepted, and what is said of those that are not.</summary>
public sealed class TlsTests
{
    private static readonly CertificateShape Orchestrator = TestAuthority.OrchestratorShape;

    private static IEnumerable<TestCaseData> BadOrchestrators()
    {
        yield return Case("expired", Orchestrator with { From = TimeSpan.FromHours(-2), Until = TimeSpan.FromHours(-1) }, "expired on 2");
        yield return Case("not yet valid", Orchestrator with { From = TimeSpan.FromHours(1), Until = TimeSpan.FromHours(2) }, "is not valid before 2");
        yield return Case("another host", Orchestrator with { AlternativeNames = ["elsewhere.example"] }, "is not for 'localhost'");
        yield return Case("a node's", TestAuthority.NodeShape(1) with { AlternativeNames = ["localhost"] }, "is not meant for this use");
    }

    private static IEnumerable<TestCaseData> BadNodes()
    {
        yield return Case("expired", TestAuthority.NodeShape(1) with { From = TimeSpan.FromHours(-2), Until = TimeSpan.FromHours(-1) }, "expired on 2");
        yield return Case("not yet valid", TestAuthority.NodeShape(1) with { From = TimeSpan.FromHours(1), Until = TimeSpan.FromHours(2) }, "is not valid before 2");
        yield return Case("the orchestrator's", TestAuthority.NodeShape(1) with { Usage = CertificateShape.ServerUsage }, "is not meant for this use");
    }

    [TestCase("localhost")]
    [TestCase("127.0.0.1")]
    public async Task Both_sides_know_each_other_and_the_channel(string host)
    {
        using var authority = new TestAuthority();
        (SecureChannel server, SecureChannel client) = await HandshakeAsync(authority.Server(authority.Trusted), authority.Client(7), host);
        await using Stream left = server.Stream;
        await using Stream right = client.Stream;
        Assert.That(server.Problem, Is.Null);
        Assert.That(server.PeerCertificate!.MatchesHostname("node-7"), Is.True);
        Assert.That(server.Binding.ToArray(), Is.EqualTo(client.Binding.ToArray()).And.Some.Not.Zero);

        byte[] sent = new byte[100_000];
        Random.Shared.NextBytes(sent);
        Task write = right.WriteAsync(sent).AsTask();
        byte[] received = new byte[sent.Length];
        await left.ReadExactlyAsync(received).AsTask().Soon();
        await write.Soon();
        Assert.That(received.AsSpan().SequenceEqual(sent), Is.True);
    }

    [Test]
    public async Task A_node_needs_no_certificate_where_none_is_asked_for()
    {
        using var authority = new TestAuthority();
        (SecureChannel server, SecureChannel client) = await HandshakeAsync(authority.Server(), new ClientTls(authority.Trusted), "localhost");
        await using Stream left = server.Stream;
        await using Stream right = client.Stream;
        Assert.That((server.Problem, server.PeerCertificate), Is.EqualTo(((string?)null, (object?)null)));
    }

    [TestCaseSource(nameof(BadOrchestrators))]
    public async Task A_node_refuses_an_orchestrator_whose_certificate_is(object shape, string text)
    {
        using var authority = new TestAuthority();
        string message = await RefusalAsync(authority.Server(shape: (CertificateShape)shape), authority.Client(1));
        Assert.That(message, Does.StartWith("this side does not accept the orchestrator: its certificate (CN=").And.Contains(text));
    }

    [TestCase("test CA")]
    [TestCase("another CA")]
    public async Task A_node_refuses_an_orchestrator_of_another_CA(string name)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority(name);
        Assert.That(await RefusalAsync(other.Server(), authority.Client(1)), Does.Contain("was not issued by the CA that is trusted here (--tls_ca)"));
    }

    [TestCaseSource(nameof(BadNodes))]
    public async Task An_orchestrator_sees_that_a_nodes_certificate_is(object shape, string text)
    {
        using var authority = new TestAuthority();
        Assert.That(await ProblemAsync(authority.Server(authority.Trusted), authority.Client(1, (CertificateShape)shape)), Does.StartWith("its certificate (CN=").And.Contains(text));
    }

    [TestCase("test CA")]
    [TestCase("another CA")]
    public async Task An_orchestrator_sees_that_a_nodes_certificate_is_of_another_CA(string name)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority(name);
        var stranger = new ClientTls(authority.Trusted, other.Issue(TestAuthority.NodeShape(1)));
        Assert.That(await ProblemAsync(authority.Server(authority.Trusted), stranger), Does.Contain("was not issued by the CA that is trusted here (--tls_ca)"));
    }

    [Test]
    public async Task An_orchestrator_sees_that_a_node_has_no_certificate()
    {
        using var authority = new TestAuthority();
        Assert.That(await ProblemAsync(authority.Server(authority.Trusted), new ClientTls(authority.Trusted)), Is.EqualTo("it presents no certificate"));
    }

    [Test]
    public async Task An_orchestrator_sees_that_a_nodes_certificate_is_revoked()
    {
        using var authority = new TestAuthority();
        (TlsIdentity revoked, TlsIdentity other) = (authority.Issue(TestAuthority.NodeShape(1)), authority.Issue(TestAuthority.NodeShape(2)));
        ServerTls server = authority.Server(authority.TrustedExcept(revoked));
        Assert.That(await ProblemAsync(server, new ClientTls(authority.Trusted, revoked)), Does.StartWith("its certificate (CN=node-1) was revoked on "));
        Assert.That(await ProblemAsync(server, new ClientTls(authority.Trusted, other)), Is.Null);
    }

    [Test]
    public async Task A_node_refuses_an_orchestrator_that_is_revoked()
    {
        using var authority = new TestAuthority();
        TlsIdentity revoked = authority.Issue(TestAuthority.OrchestratorShape);
        string message = await RefusalAsync(new ServerTls(revoked), new ClientTls(authority.TrustedExcept(revoked)));
        Assert.That(message, Does.StartWith("this side does not accept the orchestrator: its certificate (CN=orchestrator) was revoked on "));
    }

    private static TestCaseData Case(string name, CertificateShape shape, string text) => new TestCaseData(shape, text).SetArgDisplayNames(name);

    private static async Task<(SecureChannel Server, SecureChannel Client)> HandshakeAsync(ServerTls server, ClientTls client, string host)
    {
        (NetworkStream left, NetworkStream right) = await SocketPair.ConnectAsync();
        Task<SecureChannel> serving = server.AuthenticateAsync(left, CancellationToken.None);
        SecureChannel connected = await client.AuthenticateAsync(right, host, CancellationToken.None).Soon();
        return (await serving.Soon(), connected);
    }

    private static async Task<string?> ProblemAsync(ServerTls server, ClientTls client)
    {
        (SecureChannel left, SecureChannel right) = await HandshakeAsync(server, client, "localhost");
        await left.Stream.DisposeAsync();
        await right.Stream.DisposeAsync();
        return left.Problem;
    }

    private static async Task<string> RefusalAsync(ServerTls server, ClientTls client)
    {
        (NetworkStream left, NetworkStream right) = await SocketPair.ConnectAsync();
        Task<SecureChannel> serving = server.AuthenticateAsync(left, CancellationToken.None);
        PeerAuthenticationException? e = await Assert.ThrowsAsync<PeerAuthenticationException>(() => client.AuthenticateAsync(right, "localhost", CancellationToken.None).Soon());
        await left.DisposeAsync();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default).Soon();
        return e!.Message;
    }
}
