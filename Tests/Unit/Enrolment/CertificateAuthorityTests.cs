using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Enrolment;

/// <summary>What a CA issues, as .NET's own check of a chain sees it.</summary>
public sealed class CertificateAuthorityTests
{
    private const UnixFileMode GroupAndOthers = (UnixFileMode)0b000_111_111;

    private TempFolder _folder = null!;
    private ShiftedTime _time = null!;
    private CertificateAuthority _authority = null!;

    private TrustedAuthority Trusted => TrustedAuthority.Load(_folder["ca", "ca.pem"], _authority.Revoked.FilePath);

    [SetUp]
    public void Create()
    {
        (_folder, _time) = (new TempFolder(), new ShiftedTime());
        _authority = CertificateAuthority.Create(_folder["ca"], days: 30, _time);
        _authority.Revoked.ReadList();
    }

    [TearDown]
    public void Delete()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [TestCase("node-3", KeyUsages.Client, KeyUsages.Server)]
    [TestCase("worker", KeyUsages.Client, KeyUsages.Server)]
    [TestCase("orchestrator", KeyUsages.Server, KeyUsages.Client)]
    public void A_certificate_is_valid_for_its_use_and_no_other(string name, string usage, string other)
    {
        X509Certificate2 issued = Issue(name, "hub.example");
        Assert.That(Trusted.ProblemOf(issued, usage), Is.Null);
        Assert.That(Trusted.ProblemOf(issued, other), Does.Contain("is not meant for this use"));
    }

    [Test]
    public void The_first_name_of_an_orchestrator_is_the_one_it_was_given() =>
        Assert.That(ServerNames.Require(["hub.example"]), Is.EqualTo((string[])["hub.example", "localhost", "127.0.0.1"]));

    [Test]
    public void A_certificate_has_the_names_of_its_role()
    {
        Assert.That(ServerNames.Of(Issue("orchestrator", "hub.example", "10.0.0.5", "::1")), Is.EqualTo((string[])["hub.example", "10.0.0.5", "::1"]));
        Assert.That(ServerNames.Of(Issue("node-7", "hub.example")), Is.EqualTo((string[])["node-7"]));
        Assert.That(ServerNames.Of(Issue("nodes-2-4")), Is.EqualTo((string[])["node-2", "node-3", "node-4"]));
    }

    [Test]
    public void What_it_issues_cannot_issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issuer = _authority.Issue(CertificateRole.OfNodes(1, 1), [], new PublicKey(key)).CopyWithPrivateKey(key);
        var request = new CertificateRequest("CN=node-2", key, HashAlgorithmName.SHA256);
        using X509Certificate2 forged = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddDays(1), [1]);
        Assert.That(Trusted.ProblemOf(forged, KeyUsages.Client, issuer), Is.Not.Null);
    }

    [Test]
    public void Certificates_are_valid_for_its_days_and_the_CAs_own_for_ten_times_as_long()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        X509Certificate2 issued = Issue("node-1");
        Assert.That(CertificatePeriod.EndOf(issued), Is.EqualTo(now.AddDays(30)).Within(TimeSpan.FromMinutes(1)));
        Assert.That(CertificatePeriod.StartOf(issued), Is.LessThan(now), "clocks differ");
        Assert.That(CertificatePeriod.EndOf(_authority.Certificate), Is.EqualTo(now.AddDays(300)).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void No_certificate_outlives_the_CAs_own()
    {
        _time.Shift = TimeSpan.FromDays(290);
        Assert.That(Issue("node-1").NotAfter, Is.EqualTo(_authority.Certificate.NotAfter));
        _time.Shift = TimeSpan.FromDays(301);
        Assert.That(Assert.Throws<UserErrorException>(() => Issue("node-1"))!.Message, Does.StartWith("the CA's own certificate expired on "));
    }

    [Test]
    public void A_revoked_certificate_is_on_the_list_and_stays_there()
    {
        X509Certificate2[] issued = [Issue("node-1"), Issue("node-2"), Issue("node-3")];
        _authority.Revoked.Add(_authority.Issued().Where(c => c.Name == "node-1"));
        _authority.Revoked.Add(_authority.Issued().Where(c => c.Name == "node-3"));
        Assert.That(issued.Select(c => Trusted.ProblemOf(c, KeyUsages.Client)), Is.EqualTo((object?[])[Trusted.RevocationOf(issued[0]), null, Trusted.RevocationOf(issued[2])]));
        Assert.That(Trusted.RevocationOf(issued[0]), Does.StartWith("its certificate (CN=node-1) was revoked on "));
        Assert.That(_authority.Issued().Select(c => c.IsRevoked), Is.EqualTo((bool[])[true, false, true]));
    }

    [Test]
    public void The_list_is_made_anew_before_it_ends_and_keeps_its_entries()
    {
        X509Certificate2 revoked = Issue("node-1");
        _authority.Revoked.Add(_authority.Issued());
        RevocationList before = _authority.Revoked.Read();
        Assert.That(_authority.Revoked.ReadList(), Is.EqualTo(_authority.Revoked.ReadList()), "not at every look");
        _time.Shift = TimeSpan.FromDays(16);
        _authority.Revoked.ReadList();
        RevocationList after = _authority.Revoked.Read();
        Assert.That(after.Until - before.Until, Is.EqualTo(TimeSpan.FromDays(16)).Within(TimeSpan.FromMinutes(1)));
        Assert.That(after.Number, Is.GreaterThan(before.Number));
        Assert.That(after.RevokedOn(revoked), Is.Not.Null);
    }

    [Test]
    public void Nobody_else_can_read_its_folder()
    {
        Issue("node-1");
        _authority.Tokens.Save(PendingToken.Of(EnrolmentToken.Create(CertificateRole.Worker, _authority.Certificate), [], DateTimeOffset.UtcNow));
        string[] all = [_folder["ca"], .. Directory.GetFileSystemEntries(_folder["ca"], "*", SearchOption.AllDirectories)];
        Assert.That(all, Has.Length.GreaterThan(7));
        Assert.That(all.Where(p => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(p) & GroupAndOthers) != UnixFileMode.None), Is.Empty);
    }

    [Test]
    public void A_folder_with_a_CA_is_not_overwritten_and_one_without_is_named()
    {
        Assert.That(Assert.Throws<UserErrorException>(() => CertificateAuthority.Create(_folder["ca"], 1))!.Message, Does.EndWith("holds a CA already"));
        Assert.That(Assert.Throws<UserErrorException>(() => CertificateAuthority.Open(_folder["other"]))!.Message, Does.Contain("holds no CA; make one with"));
    }

    [Test]
    public void Its_own_server_has_the_name_that_nobody_else_gets()
    {
        Assert.That(_authority.IssueServer().Certificate.MatchesHostname(ServerNames.Authority), Is.True);
        Assert.That(Assert.Throws<UserErrorException>(() => ServerNames.Require([ServerNames.Authority.ToUpperInvariant()]))!.Message, Does.Contain("is no host name"));
    }

    private X509Certificate2 Issue(string name, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return _authority.Issue(CertificateRole.Find(name)!, names, new PublicKey(key));
    }
}
