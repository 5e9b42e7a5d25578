using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Enrolment;

/// <summary>Certificates are renewed before they end, lists of revoked ones are fetched, and without a CA's server a person is told in time.</summary>
public sealed class CertificateKeeperTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private TempFolder _folder = null!;
    private ShiftedTime _time = null!;
    private CapturedLog _log = null!;
    private RunningAuthority _ca = null!;
    private TlsSource _source = null!;

    private X509Certificate2 Present => _source.Current.Identity!.Certificate;

    [SetUp]
    public async Task Create()
    {
        (_folder, _time, _log) = (new TempFolder(), new ShiftedTime(), new CapturedLog());
        _ca = RunningAuthority.Start(_folder["ca"]);
        await new Enroller(KeyFolder.At(_folder["hub"], "node"), _ => { }).EnrollAsync(_ca.Address, _ca.NewToken(), [], null, CancellationToken.None).Soon();
        _source = TlsSource.Open(new TlsPaths(_folder["hub", "node.pem"], _folder["hub", "node.key"], _folder["hub", "ca.pem"], _folder["hub", "revoked.crl"]));
    }

    [TearDown]
    public async Task Delete()
    {
        await _ca.DisposeAsync();
        _log.Dispose();
        _folder.Dispose();
    }

    [TestCase(19, false)]
    [TestCase(21, true)]
    public async Task A_certificate_is_renewed_when_a_third_of_its_time_is_left(int day, bool renewed)
    {
        (string serial, string key) = (Present.SerialNumber, await File.ReadAllTextAsync(_folder["hub", "node.key"]));
        _time.Shift = TimeSpan.FromDays(day);
        await using (Start(_ca.Address))
        {
            await (renewed ? _log.WaitForAsync("[2042]", CancellationToken.None).Soon() : LooksAsync());
        }

        Assert.That(Present.SerialNumber != serial, Is.EqualTo(renewed), "in force, without a restart");
        Assert.That(await File.ReadAllTextAsync(_folder["hub", "node.key"]), Is.EqualTo(key), "the same key");
        Assert.That(ServerNames.Of(Present), Is.EqualTo((string[])["node-1"]));
    }

    [Test]
    public async Task A_revoked_certificate_is_not_renewed()
    {
        _ca.Authority.Revoked.Add(_ca.Authority.Issued());
        _time.Shift = TimeSpan.FromDays(21);
        await using (Start(_ca.Address))
        {
            await _log.WaitForAsync("the certificate was revoked; enroll anew", CancellationToken.None).Soon();
        }

        Assert.That(_ca.Authority.Issued(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_certificate_that_ended_is_not_renewed()
    {
        await using var later = RunningAuthority.Start(_folder["later"], o => o with { Time = new ShiftedTime { Shift = TimeSpan.FromDays(31) } });
        await new Enroller(KeyFolder.At(_folder["late"], "node"), _ => { }).EnrollAsync(later.Address, later.NewToken(valid: TimeSpan.FromDays(40)), [], null, CancellationToken.None).Soon();
        TlsIdentity ended = TlsIdentity.Load(_folder["late", "node.pem"], _folder["late", "node.key"]);
        string refusal = await RefusalAsync(later, ended.Certificate, ended.Certificate.GetECDsaPrivateKey()!);
        Assert.That(refusal, Does.Contain("(certificate)").And.Contains("expired on ").And.EndsWith("enroll anew"));
    }

    [Test]
    public async Task A_renewal_is_for_the_same_key_and_by_it()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.That(await RefusalAsync(_ca, Present, other), Does.Contain("for the same name and the same key"));
        using X509Certificate2 stolen = new CertificateRequest("CN=node-1", other, HashAlgorithmName.SHA256).Create(
            Present.IssuerName, X509SignatureGenerator.CreateForECDsa(other), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), Present.SerialNumberBytes.Span);
        using X509Certificate2 withKey = stolen.CopyWithPrivateKey(other);
        Assert.That(await RefusalAsync(_ca, withKey, other), Does.Contain("the proof is not by its key"));
    }

    [Test]
    public async Task The_list_of_revoked_certificates_is_fetched_and_in_force()
    {
        await using CertificateKeeper keeper = Start(_ca.Address);
        _ca.Authority.Revoked.Add(_ca.Authority.Issued());
        await _log.WaitForAsync("1 are revoked", CancellationToken.None).Soon();
        Assert.That(_source.Current.Authority!.RevocationOf(Present), Is.Not.Null);
    }

    [Test]
    public async Task A_CA_that_is_not_there_is_said_once()
    {
        NetworkAddress address = _ca.Address;
        await _ca.DisposeAsync();
        await using (Start(address))
        {
            await _log.WaitForAsync("[2044]", CancellationToken.None).Soon();
            await LooksAsync();
        }

        Assert.That(_log.Count("[2044]"), Is.EqualTo(1));
    }

    [TestCase(334, 0)]
    [TestCase(336, 1)]
    public async Task Without_a_CAs_server_a_person_is_told_from_thirty_days_before_the_end(int day, int times)
    {
        // Of a year, not of thirty days.
        await using var yearly = RunningAuthority.Start(_folder["yearly"], days: 365);
        await new Enroller(KeyFolder.At(_folder["year"], "node"), _ => { }).EnrollAsync(yearly.Address, yearly.NewToken(), [], null, CancellationToken.None).Soon();
        _source = TlsSource.Open(new TlsPaths(_folder["year", "node.pem"], _folder["year", "node.key"], _folder["year", "ca.pem"], null));
        _time.Shift = TimeSpan.FromDays(day);
        await using (Start(null))
        {
            await (times > 0 ? _log.WaitForAsync("[2043]", CancellationToken.None).Soon() : Task.CompletedTask);
            await LooksAsync();
        }

        Assert.That(_log.Count("[2043]"), Is.EqualTo(times), "once a day");
    }

    private CertificateKeeper Start(NetworkAddress? authority) => CertificateKeeper.Start(_source, authority, Interval, _log.Logger("keeper"), _time);

    /// <summary>Lets several looks pass.</summary>
    private static Task LooksAsync() => Task.Delay(10 * Interval);

    private static async Task<string> RefusalAsync(RunningAuthority ca, X509Certificate2 present, ECDsa key)
    {
        await using AuthorityClient client = await AuthorityClient.OpenAsync(ca.Address, ApplicantWants.Renewal, present.SerialNumber, _ => true, proxy: null, CancellationToken.None);
        var request = SigningRequest.Create(CertificateRole.OfNodes(1, 1), [], key);
        return (await Assert.ThrowsAsync<AuthorityRefusalException>(() => client.RenewAsync(present, request, CancellationToken.None)))!.Message;
    }
}
