using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

public sealed class RevocationListTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private TestAuthority _authority = null!;
    private TempFolder _folder = null!;

    [SetUp]
    public void Create() => (_authority, _folder) = (new TestAuthority(), new TempFolder());

    [TearDown]
    public void Delete()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void A_list_knows_who_is_revoked_and_who_is_not()
    {
        TlsIdentity[] nodes = [.. Enumerable.Range(1, 20).Select(i => _authority.Issue(TestAuthority.NodeShape(i)))];
        RevocationList list = Parse(_authority.Revoke(7, Day, nodes[..10]));
        Assert.That(nodes.Select(n => list.RevokedOn(n.Certificate) is not null), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i < 10)));
        Assert.That((list.Count, (int)list.Number), Is.EqualTo((10, 7)));
        Assert.That(list.RevokedOn(nodes[0].Certificate), Is.EqualTo(DateTimeOffset.UtcNow.AddMinutes(-1)).Within(TimeSpan.FromSeconds(30)));
    }

    [Test]
    public void An_empty_list_is_one() => Assert.That(Parse(_authority.Revoke(1, Day)).Count, Is.Zero);

    [Test]
    public void A_certificate_of_another_CA_with_the_same_serial_number_is_not_revoked()
    {
        using var other = new TestAuthority("other");
        TlsIdentity revoked = _authority.Issue(TestAuthority.NodeShape(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 twin = new CertificateRequest("CN=node-1", key, HashAlgorithmName.SHA256).Create(
            other.Roots[0].SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow + Day, revoked.Certificate.SerialNumberBytes.Span);
        Assert.That(Parse(_authority.Revoke(1, Day, revoked)).RevokedOn(twin), Is.Null);
    }

    [Test]
    public void PEM_and_DER_are_read()
    {
        byte[] der = _authority.Revoke(1, Day);
        string authority = _folder.Write("ca.pem", System.Text.Encoding.ASCII.GetBytes(_authority.Roots[0].ExportCertificatePem()));
        string pem = _folder.Write("list.pem", System.Text.Encoding.ASCII.GetBytes(RevocationList.ToPem(der)));
        Assert.That(TrustedAuthority.Load(authority, pem).Revoked, Is.Not.Null);
        Assert.That(TrustedAuthority.Load(authority, _folder.Write("list.der", der)).Revoked, Is.Not.Null);
    }

    [TestCase("another CA")]
    [TestCase("test CA", Description = "the same name")]
    public void A_list_of_another_CA_is_refused(string name)
    {
        using var other = new TestAuthority(name);
        Assert.That(Refusal(other.Revoke(1, Day)), Is.EqualTo("it is not signed by the CA that is trusted here (--tls_ca)"));
    }

    [Test]
    public void A_list_that_ended_is_refused() => Assert.That(Refusal(_authority.Revoke(1, -TimeSpan.FromHours(1))), Does.StartWith("it ended on "));

    [Test]
    public void Every_changed_or_missing_byte_is_noticed()
    {
        byte[] good = _authority.Revoke(1, Day, _authority.Issue(TestAuthority.NodeShape(1)));
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 1;
            Assert.That(Refusal(changed), Does.StartWith("it is "), $"byte {i}");
            Assert.That(Refusal(good[..i]), Is.EqualTo("it is no certificate revocation list"), $"{i} bytes");
        }
    }

    [Test]
    public void A_file_that_is_none_is_one_line()
    {
        string authority = _folder.Write("ca.pem", System.Text.Encoding.ASCII.GetBytes(_authority.Roots[0].ExportCertificatePem()));
        UserErrorException? e = Assert.Throws<UserErrorException>(() => TrustedAuthority.Load(authority, authority));
        Assert.That(e!.Message, Is.EqualTo($"--tls_crl: '{authority}': it is no certificate revocation list"));
        e = Assert.Throws<UserErrorException>(() => TrustedAuthority.Load(authority, _folder["nowhere"]));
        Assert.That(e!.Message, Is.EqualTo($"--tls_crl: '{_folder["nowhere"]}': not found"));
    }

    private RevocationList Parse(byte[] bytes) => RevocationList.Parse(bytes, _authority.Roots, DateTimeOffset.UtcNow);

    private string Refusal(byte[] bytes) => Assert.Throws<CryptographicException>(() => Parse(bytes))!.Message;
}
