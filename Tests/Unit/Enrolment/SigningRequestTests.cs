using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Enrolment;

public sealed class SigningRequestTests
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [OneTimeTearDown]
    public void DropKey() => _key.Dispose();

    [Test]
    public void A_request_says_role_names_and_key()
    {
        var request = SigningRequest.Parse(SigningRequest.Create(CertificateRole.Orchestrator, ["hub.example", "10.0.0.5"], _key).Der);
        Assert.That(request.Role, Is.EqualTo(CertificateRole.Orchestrator));
        Assert.That(request.Names, Is.EqualTo((string[])["hub.example", "10.0.0.5"]));
        Assert.That(request.PublicKey.ExportSubjectPublicKeyInfo(), Is.EqualTo(_key.ExportSubjectPublicKeyInfo()));
    }

    [Test]
    public void A_request_whose_key_was_replaced_is_refused()
    {
        byte[] good = SigningRequest.Create(CertificateRole.OfNodes(1, 1), [], _key).Der;
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] mine = _key.ExportSubjectPublicKeyInfo();
        byte[] replaced = [.. good];
        other.ExportSubjectPublicKeyInfo().CopyTo(replaced, good.AsSpan().IndexOf(mine));
        Assert.That(() => SigningRequest.Parse(replaced), Throws.InstanceOf<CryptographicException>());
        Assert.That(() => SigningRequest.Parse(good), Throws.Nothing);
    }

    [Test]
    public void No_byte_can_be_changed_or_left_out()
    {
        byte[] good = SigningRequest.Create(CertificateRole.OfNodes(1, 1), [], _key).Der;
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= 1;
            Assert.That(() => SigningRequest.Parse(changed), Throws.InstanceOf<CryptographicException>(), $"byte {i}");
            Assert.That(() => SigningRequest.Parse(good[..i]), Throws.InstanceOf<CryptographicException>(), $"{i} bytes");
        }
    }

    [TestCase("CN=somebody")]
    [TestCase("CN=node-0")]
    [TestCase("CN=node-01")]
    [TestCase("CN=nodes-1-6000")]
    [TestCase("CN=nodes-3-2")]
    [TestCase("CN=node-1, O=x")]
    [TestCase("O=node-1")]
    [TestCase("CN=traversal-learning-ca")]
    public void A_name_that_there_are_no_certificates_for_is_refused(string subject)
    {
        byte[] der = new CertificateRequest(subject, _key, HashAlgorithmName.SHA256).CreateSigningRequest();
        Assert.That(Assert.Throws<CryptographicException>(() => SigningRequest.Parse(der))!.Message, Does.StartWith("its name is none of "));
    }

    [TestCase("*.example")]
    [TestCase("traversal-learning-ca")]
    public void A_host_name_that_no_certificate_gets_is_refused(string name)
    {
        var request = new CertificateRequest("CN=orchestrator", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(ServerNames.ToExtension([name]));
        Assert.That(Assert.Throws<CryptographicException>(() => SigningRequest.Parse(request.CreateSigningRequest()))!.Message, Does.Contain("no host name"));
    }

    [Test]
    public void A_short_RSA_key_is_refused()
    {
        using var rsa = RSA.Create(1024);
        byte[] der = new CertificateRequest("CN=node-1", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        Assert.That(Assert.Throws<CryptographicException>(() => SigningRequest.Parse(der))!.Message, Does.Contain("2048 bits"));
    }

    [Test]
    public void A_file_that_holds_none_is_one_line()
    {
        using var folder = new TempFolder();
        string path = folder.Write("x.csr", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"u8.ToArray());
        Assert.That(Assert.Throws<UserErrorException>(() => SigningRequest.Load(path))!.Message, Does.StartWith($"cannot read the signing request '{path}'"));
        Assert.That(Assert.Throws<UserErrorException>(() => SigningRequest.Load(folder["y.csr"]))!.Message, Does.EndWith("not found"));
    }

    [Test]
    public void A_fingerprint_is_the_same_however_a_person_writes_it()
    {
        PublicKey key = SigningRequest.Create(CertificateRole.OfNodes(1, 1), [], _key).PublicKey;
        string text = Fingerprint.Of(key);
        Assert.That(text, Does.Match("^([0-9a-f]{4} ){15}[0-9a-f]{4}$"));
        Assert.That(Fingerprint.IsOf(text.ToUpperInvariant(), key) && Fingerprint.IsOf(text.Replace(' ', ':'), key), Is.True);
        Assert.That(Fingerprint.IsOf(text[..^1], key) || Fingerprint.IsOf(string.Empty, key) || Fingerprint.IsOf(text + "x", key), Is.False);
    }
}
