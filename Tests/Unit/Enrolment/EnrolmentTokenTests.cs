using TraversalLearning.Enrolment;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Enrolment;

public sealed class EnrolmentTokenTests
{
    [TestCase("node-1")]
    [TestCase("nodes-1-5000")]
    [TestCase("orchestrator")]
    public void A_token_is_read_as_it_was_written(string role)
    {
        using var authority = new TestAuthority();
        var token = EnrolmentToken.Create(CertificateRole.Find(role)!, authority.Roots[0]);
        EnrolmentToken read = EnrolmentToken.Find($" {token.ToText()}\n")!;
        Assert.That((read.Id, read.Role, read.Key), Is.EqualTo((token.Id, token.Role, token.Key)));
        Assert.That(read.IsOf(authority.Roots[0]), Is.True);
    }

    [Test]
    public void A_token_knows_its_CA()
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        Assert.That(EnrolmentToken.Create(CertificateRole.Worker, authority.Roots[0]).IsOf(other.Roots[0]), Is.False);
    }

    [TestCase("")]
    [TestCase("tl1_")]
    [TestCase("tl1_AAAA")]
    [TestCase("tl2_8HMIG9cR8NXnA28aEm_4Xh2arXkfmtzhomD2WI5glc9LZtMI9WXb3ZqG4vUTpyRy4CPwu0if8Ehub2RlLTE")]
    [TestCase("tl1_8HMIG9cR8NXnA28aEm_4Xh2arXkfmtzhomD2WI5glc9LZtMI9WXb3ZqG4vUTpyRy4CPwu0if8Ehub2RlLT")]
    [TestCase("tl1_!!!!")]
    public void Other_texts_are_none(string text) => Assert.That(EnrolmentToken.Find(text), Is.Null);

    [Test]
    public void A_proof_is_for_one_request_on_one_connection()
    {
        using var authority = new TestAuthority();
        var token = EnrolmentToken.Create(CertificateRole.Worker, authority.Roots[0]);
        var hello = new ApplicantHello(ApplicantWants.Enrolment, token.Id, new string('a', 64));
        var transcript = new EnrolmentTranscript(hello, new string('b', 64), new byte[32], [1, 2, 3]);
        byte[] proof = transcript.Prove(token.Key);
        Assert.That(transcript.IsProvedBy(token.Key, proof), Is.True);
        EnrolmentTranscript[] others =
        [
            transcript with { Hello = hello with { Nonce = new string('c', 64) } },
            transcript with { Hello = hello with { Id = new string('0', 16) } },
            transcript with { Hello = hello with { Wants = ApplicantWants.Renewal } },
            transcript with { AuthorityNonce = new string('c', 64) },
            transcript with { Channel = Enumerable.Repeat((byte)1, 32).ToArray() },
            transcript with { Request = [1, 2, 4] },
        ];
        Assert.That(others.Where(o => o.IsProvedBy(token.Key, proof)), Is.Empty);
        Assert.That(transcript.IsProvedBy(token.Secret, proof), Is.False);
    }
}
