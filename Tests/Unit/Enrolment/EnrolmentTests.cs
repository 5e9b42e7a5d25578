using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Enrolment;

/// <summary>First certificates over the network: who gets one, whom an applicant trusts, and what is left when it is interrupted.</summary>
public sealed class EnrolmentTests
{
    private const UnixFileMode GroupAndOthers = (UnixFileMode)0b000_111_111;

    private readonly List<string> _lines = [];
    private TempFolder _folder = null!;
    private RunningAuthority _ca = null!;

    [SetUp]
    public void Create()
    {
        _lines.Clear();
        _folder = new TempFolder();
        _ca = RunningAuthority.Start(_folder["ca"]);
    }

    [TearDown]
    public async Task Delete()
    {
        await _ca.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task A_node_gets_what_it_needs_and_its_key_stays()
    {
        SigningGrant? granted = null;
        await EnrollAsync(_ca.NewToken("node-3"), finish: (_, grant) => granted = grant);
        string[] files = ["ca.pem", "node.key", "node.pem", "revoked.crl", "token"];
        Assert.That(Directory.GetFiles(_folder["hub"]).Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo(files));
        Assert.That((granted!.Host, granted.Port), Is.EqualTo(("hub.example", 12345)));
        Assert.That(await File.ReadAllTextAsync(_folder["hub", "token"]), Is.EqualTo("0123456789abcdef"));
        TlsMaterial material = new TlsPaths(_folder["hub", "node.pem"], _folder["hub", "node.key"], _folder["hub", "ca.pem"], _folder["hub", "revoked.crl"]).Read();
        Assert.That(material.Authority!.ProblemOf(material.Identity!.Certificate, KeyUsages.Client), Is.Null);
        Assert.That(NodeCertificate.IsFor(material.Identity.Certificate, "node-3"), Is.True);

        string[] kept = [.. Directory.GetFiles(_folder["ca"], "*", SearchOption.AllDirectories).Select(File.ReadAllText)];
        string key = (await File.ReadAllTextAsync(_folder["hub", "node.key"])).Split('\n')[1];
        Assert.That(kept.Where(t => t.Contains(key, StringComparison.Ordinal)), Is.Empty);
        string[] all = [_folder["hub"], .. Directory.GetFiles(_folder["hub"])];
        Assert.That(all.Where(p => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(p) & GroupAndOthers) != UnixFileMode.None), Is.Empty);
    }

    [Test]
    public async Task An_applicant_goes_through_its_proxy()
    {
        await using var proxy = new TestProxy();
        var enroller = new Enroller(KeyFolder.At(_folder["hub"], "node"), _lines.Add) { Proxy = new HttpProxy("127.0.0.1", proxy.Port) };
        await enroller.EnrollAsync(_ca.Address, _ca.NewToken(), [], null, CancellationToken.None).Soon();
        Assert.That(proxy.Requests.Single(), Does.StartWith($"CONNECT {_ca.Address} "));
    }

    [Test]
    public async Task A_proxy_that_refuses_is_named()
    {
        await using var proxy = new TestProxy(_ => "HTTP/1.1 403 Forbidden\r\n\r\n");
        var enroller = new Enroller(KeyFolder.At(_folder["hub"], "node"), _lines.Add) { Proxy = new HttpProxy("127.0.0.1", proxy.Port) };
        UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => enroller.EnrollAsync(_ca.Address, _ca.NewToken(), [], null, CancellationToken.None).Soon());
        Assert.That(e!.Message, Does.Contain("proxy").And.Contains("run the same again"));
    }

    [Test]
    public async Task Both_sides_show_the_same_fingerprint()
    {
        await EnrollAsync(_ca.NewToken());
        string shown = _lines.Single(l => l.StartsWith("fingerprint of the key: ", StringComparison.Ordinal))["fingerprint of the key: ".Length..];
        Assert.That(_ca.Log.Lines, Has.One.Contains("[1091]").And.One.EndsWith(shown));
    }

    [Test]
    public async Task An_orchestrator_gets_the_names_of_its_token_whatever_it_asks_for()
    {
        EnrolmentToken token = _ca.NewToken("orchestrator", names: ["localhost", "hub.example"]);
        await new Enroller(KeyFolder.At(_folder["hub"], "orchestrator"), _lines.Add).EnrollAsync(_ca.Address, token, ["bank.example"], null, CancellationToken.None);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(_folder["hub", "orchestrator.pem"]);
        Assert.That(ServerNames.Of(issued), Is.EqualTo((string[])["localhost", "hub.example"]));
    }

    [Test]
    public async Task A_token_is_for_one_key()
    {
        EnrolmentToken token = _ca.NewToken();
        await EnrollAsync(token);
        await AssertRefusedAsync(token, "was used already, for another key", "thief");
    }

    [Test]
    public async Task A_token_that_ended_is_refused() => await AssertRefusedAsync(_ca.NewToken(valid: TimeSpan.FromSeconds(-1)), "the token ended on ");

    [Test]
    public async Task A_token_for_another_name_is_refused() =>
        await AssertRefusedAsync(_ca.NewToken() with { Role = CertificateRole.OfNodes(2, 1) }, "the token is for 'node-1', the request for 'node-2'");

    [Test]
    public async Task A_token_with_another_secret_is_refused() =>
        await AssertRefusedAsync(_ca.NewToken() with { Secret = new byte[16] }, "the secret of the token is not the one");

    [Test]
    public async Task A_token_that_the_CA_did_not_make_is_refused() =>
        await AssertRefusedAsync(EnrolmentToken.Create(CertificateRole.OfNodes(1, 1), _ca.Authority.Certificate), "did not make that token");

    [Test]
    public async Task An_answer_that_was_lost_is_given_again_to_the_same_key()
    {
        EnrolmentToken token = _ca.NewToken();
        using (ECDsa key = KeyFolder.At(_folder["hub"], "node").OpenKey())
        {
            // Signed, but the node never heard of it.
            var request = SigningRequest.Create(token.Role, [], key);
            await using AuthorityClient client = await AuthorityClient.OpenAsync(_ca.Address, ApplicantWants.Enrolment, token.Id, token.IsOf, proxy: null, CancellationToken.None);
            await client.EnrollAsync(token, request, () => { }, CancellationToken.None);
        }

        await EnrollAsync(token);
        Assert.That(_ca.Authority.Issued(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task What_is_interrupted_leaves_no_folder_and_goes_on_with_the_same_key()
    {
        EnrolmentToken token = _ca.NewToken();
        await using (var cut = new HostileAuthority(_ca.Authority.IssueServer(), _ca.Authority.Certificate.RawData, (_, _) => Task.CompletedTask))
        {
            UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => EnrollAsync(token, address: cut.Address));
            Assert.That((e!.ExitCode, cut.WasTrusted), Is.EqualTo((ExitCode.Network, true)));
        }

        Assert.That(Directory.Exists(_folder["hub"]), Is.False);
        await EnrollAsync(token);
        Assert.That(_lines.Where(l => l.StartsWith("fingerprint", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(1));
        Assert.That(Directory.GetDirectories(_folder.Path).Select(Path.GetFileName), Is.EquivalentTo((string[])["ca", "hub"]), "nothing waits any more");
    }

    [Test]
    public void A_folder_that_is_there_is_kept()
    {
        Directory.CreateDirectory(_folder["hub"]);
        Assert.That(Assert.Throws<UserErrorException>(() => KeyFolder.At(_folder["hub"], "node"))!.Message, Does.Contain("is there already"));
    }

    [Test]
    public async Task Another_CA_is_not_told_anything()
    {
        using var other = new TestAuthority();
        await using var server = new HostileAuthority(other.Issue(ServerShape), other.Roots[0].RawData, (_, _) => Task.CompletedTask);
        await AssertNotTrustedAsync(server, "its certificate is not the one that is expected");
    }

    [Test]
    public async Task A_server_that_shows_the_right_CA_but_is_not_of_it_is_not_told_anything()
    {
        using var other = new TestAuthority();
        await using var server = new HostileAuthority(other.Issue(ServerShape), _ca.Authority.Certificate.RawData, (_, _) => Task.CompletedTask);
        await AssertNotTrustedAsync(server, "was not issued by the CA");
    }

    [TestCase("orchestrator", "is not that of a CA's server")]
    [TestCase("node-1", "is not meant for this use")]
    public async Task Whoever_has_another_certificate_of_the_CA_cannot_pose_as_it(string role, string text)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = _ca.Authority.Issue(CertificateRole.Find(role)!, ["127.0.0.1"], new PublicKey(key)).CopyWithPrivateKey(key);
        await using var server = new HostileAuthority(new TlsIdentity(issued), _ca.Authority.Certificate.RawData, (_, _) => Task.CompletedTask);
        await AssertNotTrustedAsync(server, text);
    }

    [Test]
    public async Task A_certificate_for_another_key_is_not_taken_in()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await AssertNotTakenAsync(_ca.Authority.Issue(CertificateRole.OfNodes(1, 1), [], new PublicKey(other)), "it is for another key");
    }

    [Test]
    public async Task A_certificate_for_another_name_is_not_taken_in()
    {
        using ECDsa key = KeyFolder.At(_folder["hub"], "node").OpenKey();
        await AssertNotTakenAsync(_ca.Authority.Issue(CertificateRole.OfNodes(2, 1), [], new PublicKey(key)), "it is not for 'node-1'");
    }

    [Test]
    public async Task A_person_can_decide()
    {
        bool answer = false;
        await using var asking = RunningAuthority.Start(_folder["asking"], o => o with { Confirm = (_, _) => Task.FromResult(answer) });
        EnrolmentToken token = asking.NewToken();
        UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => EnrollAsync(token, address: asking.Address));
        Assert.That(e!.Message, Does.Contain("did not sign"));
        Assert.That(asking.Authority.Issued(), Is.Empty);
        answer = true;
        await EnrollAsync(token, address: asking.Address);
        Assert.That(_lines, Has.Exactly(2).Contains("the CA's person is asked"));
    }

    [Test]
    public async Task Whoever_says_nothing_or_nonsense_keeps_nobody_out()
    {
        using var silent = new TcpClient();
        await silent.ConnectAsync(_ca.Address.Host, _ca.Address.Port);
        using var loud = new TcpClient();
        await loud.ConnectAsync(_ca.Address.Host, _ca.Address.Port);
        await loud.GetStream().WriteAsync(new byte[5000]);
        await EnrollAsync(_ca.NewToken());
        Assert.That(File.Exists(_folder["hub", "node.pem"]), Is.True);
    }

    [Test]
    public async Task By_hand_the_same_files_come_together()
    {
        var enroller = new Enroller(KeyFolder.At(_folder["hub"], "node"), _lines.Add);
        enroller.WriteRequest(CertificateRole.OfNodes(4, 1), [], _folder["node-4.csr"]);
        var request = SigningRequest.Load(_folder["node-4.csr"]);
        Assert.That(_lines, Has.One.EqualTo($"fingerprint of the key: {Fingerprint.Of(request.PublicKey)}"));
        X509Certificate2 issued = _ca.Authority.Issue(request.Role, [], request.PublicKey);
        await File.WriteAllTextAsync(_folder["node-4.pem"], new IssuedFiles(issued, _ca.Authority.Certificate, _ca.Authority.Revoked.ReadList()).ToPem());
        enroller.TakeIn(_folder["node-4.pem"], []);
        Assert.That(Directory.GetFiles(_folder["hub"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["ca.pem", "node.key", "node.pem", "revoked.crl"]));
        Assert.That(() => new TlsPaths(_folder["hub", "node.pem"], _folder["hub", "node.key"], _folder["hub", "ca.pem"], _folder["hub", "revoked.crl"]).Read(), Throws.Nothing);
    }

    [Test]
    public void By_hand_a_certificate_for_another_key_is_not_taken_in()
    {
        var enroller = new Enroller(KeyFolder.At(_folder["hub"], "node"), _lines.Add);
        enroller.WriteRequest(CertificateRole.OfNodes(1, 1), [], _folder["node-1.csr"]);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        X509Certificate2 issued = _ca.Authority.Issue(CertificateRole.OfNodes(1, 1), [], new PublicKey(other));
        File.WriteAllText(_folder["node-1.pem"], new IssuedFiles(issued, _ca.Authority.Certificate, []).ToPem());
        UserErrorException? e = Assert.Throws<UserErrorException>(() => enroller.TakeIn(_folder["node-1.pem"], []));
        Assert.That((e!.ExitCode, Directory.Exists(_folder["hub"])), Is.EqualTo((ExitCode.Rejected, false)));
    }

    private static CertificateShape ServerShape { get; } =
        new() { Name = ServerNames.Authority, AlternativeNames = [ServerNames.Authority], Usage = CertificateShape.ServerUsage };

    private Task EnrollAsync(EnrolmentToken token, string folder = "hub", NetworkAddress? address = null, Action<string, SigningGrant>? finish = null) =>
        new Enroller(KeyFolder.At(_folder[folder], "node"), _lines.Add).EnrollAsync(address ?? _ca.Address, token, [], finish, CancellationToken.None).Soon();

    private async Task AssertRefusedAsync(EnrolmentToken token, string text, string folder = "hub")
    {
        UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => EnrollAsync(token, folder));
        Assert.That((e!.ExitCode, e.Message), Is.EqualTo((ExitCode.Rejected, e.Message)));
        Assert.That(e.Message, Does.StartWith("the CA refused (token): ").And.Contains(text));
        Assert.That(Directory.Exists(_folder[folder]), Is.False);
        await _ca.Log.WaitForAsync("[1092]", CancellationToken.None).Soon();
    }

    private async Task AssertNotTrustedAsync(HostileAuthority server, string text)
    {
        UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => EnrollAsync(_ca.NewToken(), address: server.Address));
        Assert.That(e!.Message, Does.StartWith("this side does not accept the CA: ").And.Contains(text));
        Assert.That((e.ExitCode, server.WasTrusted), Is.EqualTo((ExitCode.Rejected, false)));
    }

    private async Task AssertNotTakenAsync(X509Certificate2 issued, string text)
    {
        await using var server = new HostileAuthority(
            _ca.Authority.IssueServer(),
            _ca.Authority.Certificate.RawData,
            (connection, _) => connection.SendAsync(new SigningGrant(issued.RawData, [], "hub.example", 1, []), CancellationToken.None));
        UserErrorException? e = await Assert.ThrowsAsync<UserErrorException>(() => EnrollAsync(_ca.NewToken(), address: server.Address));
        Assert.That(e!.Message, Does.Contain(text));
        Assert.That(Directory.Exists(_folder["hub"]), Is.False);
    }
}
