using System.Security.Cryptography;
using TraversalLearning.Security;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>Whose keys are accepted.</summary>
public sealed class KeyOfferTests
{
    private static readonly CertificateShape Shape = TestAuthority.NodeShape(4);

    private static IEnumerable<TestCaseData> BadCertificates()
    {
        yield return Case("expired", Shape with { From = TimeSpan.FromHours(-2), Until = TimeSpan.FromHours(-1) }, "its certificate (CN=node-4) expired on 2");
        yield return Case("not yet valid", Shape with { From = TimeSpan.FromHours(1), Until = TimeSpan.FromHours(2) }, "is not valid before 2");
        yield return Case("the orchestrator's", Shape with { Usage = CertificateShape.ServerUsage }, "is not meant for this use");
        yield return Case("another node's", TestAuthority.NodeShape(5), "its certificate (CN=node-5) is not for 'node-4'");
        yield return Case("a wildcard", Shape with { AlternativeNames = ["*"] }, "is not for 'node-4'");
        yield return Case("named only as the subject", Shape with { AlternativeNames = ["node-5"] }, "is not for 'node-4'");
    }

    [Test]
    public void A_signed_offer_is_accepted([Values] bool rsa, [Values] bool intermediate)
    {
        using var root = new TestAuthority();
        using TestAuthority issuer = intermediate ? new("intermediate CA", root) : new();
        KeyOffer offer = Offer(issuer.Issue(Shape with { IsRsa = rsa }));
        TrustedAuthority trusted = intermediate ? root.Trusted : issuer.Trusted;
        offer.Verify(Crew.Run, trusted);
        KeyOffer.Parse(offer.ToBytes()).Verify(Crew.Run, trusted);
        Assert.That((offer.IsSigned, offer.Certificates.Length), Is.EqualTo((true, intermediate ? 2 : 1)));
    }

    [TestCaseSource(nameof(BadCertificates))]
    public void An_offer_is_refused_whose_certificate_is(object shape, string text)
    {
        using var authority = new TestAuthority();
        AssertRefused(Offer(authority.Issue((CertificateShape)shape)), authority, text);
    }

    [TestCase("test CA")]
    [TestCase("another CA")]
    public void An_offer_of_another_CA_is_refused(string name)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority(name);
        AssertRefused(Offer(other.Issue(Shape)), authority, "was not issued by the CA that is trusted here (--tls_ca)");
    }

    [Test]
    public void An_offer_without_the_intermediate_certificate_is_refused()
    {
        using var root = new TestAuthority();
        using var issuer = new TestAuthority("intermediate CA", root);
        KeyOffer offer = Offer(issuer.Issue(Shape));
        AssertRefused(offer with { Certificates = offer.Certificates[..1] }, root, "was not issued by the CA");
    }

    [Test]
    public void An_offer_is_for_its_own_run_node_and_key([Values] bool rsa)
    {
        using var authority = new TestAuthority();
        using var other = EphemeralKey.Create();
        KeyOffer offer = Offer(authority.Issue(Shape with { IsRsa = rsa, AlternativeNames = ["node-4", "node-5"] }));
        offer.Verify(Crew.Run, authority.Trusted);
        AssertRefused(offer, authority, "its signature is not valid", run: "run 2");
        AssertRefused(offer with { NodeId = 5 }, authority, "its signature is not valid");
        AssertRefused(offer with { PublicKey = other.PublicKey }, authority, "its signature is not valid");
        for (int i = 0; i < offer.Signature.Length; i += 7)
        {
            byte[] signature = [.. offer.Signature];
            signature[i] ^= 1;
            AssertRefused(offer with { Signature = signature }, authority, "its signature is not valid");
        }
    }

    [Test]
    public void A_certificate_that_somebody_else_signs_for_is_refused()
    {
        using var authority = new TestAuthority();
        KeyOffer offer = Offer(authority.Issue(Shape)), stranger = Offer(authority.Issue(Shape));
        AssertRefused(offer with { Certificates = stranger.Certificates }, authority, "its signature is not valid");
    }

    [Test]
    public void An_unsigned_offer_is_accepted_only_without_an_authority()
    {
        using var authority = new TestAuthority();
        KeyOffer offer = Offer(identity: null);
        offer.Verify(Crew.Run, authority: null);
        AssertRefused(offer, authority, "it is not signed; give the node a certificate (--tls_cert)");
    }

    [Test]
    public void A_key_that_is_no_point_of_P256_is_refused()
    {
        KeyOffer offer = Offer(identity: null);
        byte[] offCurve = [.. offer.PublicKey];
        offCurve[^1] ^= 1;
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        using var k1 = ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        using var rsa = RSA.Create(2048);
        foreach (byte[] key in (byte[][])[offCurve, other.PublicKey.ExportSubjectPublicKeyInfo(), k1.PublicKey.ExportSubjectPublicKeyInfo(), rsa.ExportSubjectPublicKeyInfo(), new byte[91], [], [.. offer.PublicKey, 0]])
        {
            Assert.That(
                () => (offer with { PublicKey = key }).Verify(Crew.Run, authority: null),
                Throws.TypeOf<KeyExchangeException>().With.Message.EqualTo("the key of node 4 is not accepted: its public key is not a point of P-256"));
        }
    }

    [Test]
    public void Two_nodes_agree()
    {
        using EphemeralKey one = EphemeralKey.Create(), two = EphemeralKey.Create(), three = EphemeralKey.Create();
        Assert.That(one.AgreeWith(two.PublicKey), Has.Length.EqualTo(32).And.EqualTo(two.AgreeWith(one.PublicKey)).And.Not.EqualTo(three.AgreeWith(one.PublicKey)));
    }

    private static KeyOffer Offer(TlsIdentity? identity)
    {
        using var key = EphemeralKey.Create();
        return KeyOffer.Create(4, Crew.Run, key, identity);
    }

    private static void AssertRefused(KeyOffer offer, TestAuthority authority, string text, string run = Crew.Run)
    {
        KeyExchangeException e = Assert.Throws<KeyExchangeException>((Action)(() => offer.Verify(run, authority.Trusted)))!;
        Assert.That(e.Message, Does.StartWith($"the key of node {offer.NodeId} is not accepted: ").And.Contains(text));
        Assert.That(e.Message, Does.Not.Contain("\n"));
    }

    private static TestCaseData Case(string name, CertificateShape shape, string text) => new TestCaseData(shape, text).SetArgDisplayNames(name);
}
