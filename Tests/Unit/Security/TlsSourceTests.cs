using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>Certificates are read anew when their files change, and what cannot be used leaves the previous ones in force.</summary>
public sealed class TlsSourceTests
{
    private TestAuthority _authority = null!;
    private TempFolder _folder = null!;
    private CapturedLog _log = null!;
    private TlsIdentity _first = null!;
    private TlsIdentity _second = null!;
    private TlsSource _source = null!;

    private TlsPaths Paths => new(_folder["node.pem"], _folder["node.key"], _folder["ca.pem"], _folder["revoked.crl"]);

    private string Serial => _source.Current.Identity!.Certificate.SerialNumber;

    [SetUp]
    public void Create()
    {
        (_authority, _folder, _log) = (new TestAuthority(), new TempFolder(), new CapturedLog());
        (_first, _second) = (_authority.Issue(TestAuthority.NodeShape(1)), _authority.Issue(TestAuthority.NodeShape(1)));
        TestAuthority.Write(_first, Paths.Certificate!, Paths.Key!);
        _folder.Write("ca.pem", Encoding.ASCII.GetBytes(_authority.Roots[0].ExportCertificatePem()));
        WriteList(1);
        _source = TlsSource.Open(Paths);
    }

    [TearDown]
    public void Delete()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Nothing_is_read_while_nothing_changes()
    {
        TlsMaterial before = _source.Current;
        Refresh();
        Assert.That(_source.Current, Is.SameAs(before));
        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    public void A_renewed_certificate_is_in_force_at_the_next_look()
    {
        TestAuthority.Write(_second, Paths.Certificate!, Paths.Key!);
        Refresh();
        Assert.That(Serial, Is.EqualTo(_second.Certificate.SerialNumber));
        Assert.That(_log.Lines, Has.One.Contains("[2040]").And.One.Contains("valid until"));
    }

    [Test]
    public void A_certificate_without_its_key_is_not_in_force_until_the_key_follows()
    {
        File.WriteAllText(Paths.Certificate!, _second.Certificate.ExportCertificatePem());
        Refresh();
        Refresh();
        Assert.That(Serial, Is.EqualTo(_first.Certificate.SerialNumber));
        Assert.That(_log.Lines, Has.Exactly(1).Contains("[2041]"), "said once");
        TestAuthority.Write(_second, Paths.Certificate!, Paths.Key!);
        Refresh();
        Assert.That(Serial, Is.EqualTo(_second.Certificate.SerialNumber));
    }

    [TestCase("node.pem")]
    [TestCase("node.key")]
    [TestCase("ca.pem")]
    [TestCase("revoked.crl")]
    public void A_file_that_is_cut_in_the_middle_of_a_copy_leaves_the_previous_ones_in_force(string name)
    {
        TlsMaterial before = _source.Current;
        byte[] whole = File.ReadAllBytes(_folder[name]);
        File.WriteAllBytes(_folder[name], whole[..(whole.Length / 2)]);
        Refresh();
        Assert.That(_source.Current, Is.SameAs(before));
        File.Delete(_folder[name]);
        Refresh();
        Assert.That(_source.Current, Is.SameAs(before));
        Assert.That(_log.Lines, Has.Exactly(2).Contains("[2041]"));
    }

    [Test]
    public void A_list_that_has_grown_is_in_force_and_an_older_one_is_not()
    {
        WriteList(3, _second);
        Refresh();
        Assert.That(_source.Current.Authority!.RevocationOf(_second.Certificate), Does.Contain("was revoked on"));
        WriteList(2);
        Refresh();
        Assert.That(_source.Current.Authority!.RevocationOf(_second.Certificate), Is.Not.Null);
        Assert.That(_log.Lines, Has.One.Contains("list 2 is older than 3"));
    }

    [Test]
    public void A_list_that_ended_leaves_the_previous_one_in_force()
    {
        File.WriteAllBytes(Paths.Revoked!, _authority.Revoke(2, -TimeSpan.FromHours(1)));
        Refresh();
        Assert.That((int)_source.Current.Authority!.Revoked!.Number, Is.EqualTo(1));
        Assert.That(_log.Lines, Has.One.Contains("it ended on"));
    }

    [Test]
    public void At_the_start_a_file_that_cannot_be_used_is_an_error()
    {
        File.Delete(Paths.Revoked!);
        Assert.Throws<UserErrorException>(() => TlsSource.Open(Paths));
    }

    private void Refresh() => _source.Refresh(_log.Logger("test"));

    private void WriteList(int number, params TlsIdentity[] revoked) => File.WriteAllBytes(Paths.Revoked!, _authority.Revoke(number, TimeSpan.FromDays(1), revoked));
}
