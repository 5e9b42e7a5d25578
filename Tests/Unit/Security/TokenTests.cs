using System.Security.Cryptography;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>What a proof is worth, and what a token file must be like.</summary>
public sealed class TokenTests
{
    private static readonly Token Shared = new("0123456789abcdef"u8);
    private static readonly TokenTranscript Transcript = new(3, "session", new string('1', 64), new string('2', 64), new byte[32]);

    private static IEnumerable<TestCaseData> Others()
    {
        yield return Case("another node", Transcript with { NodeId = 4 });
        yield return Case("another session", Transcript with { Session = "session2" });
        yield return Case("another nonce of the node", Transcript with { NodeNonce = new string('3', 64) });
        yield return Case("another nonce of the orchestrator", Transcript with { OrchestratorNonce = new string('3', 64) });
        yield return Case("nonces exchanged", Transcript with { NodeNonce = Transcript.OrchestratorNonce, OrchestratorNonce = Transcript.NodeNonce });
        yield return Case("another channel", Transcript with { Channel = Enumerable.Repeat((byte)1, 32).ToArray() });
    }

    [Test]
    public void A_proof_is_for_its_own_side_and_token_only([Values] Party prover)
    {
        Party other = prover == Party.Node ? Party.Orchestrator : Party.Node;
        string proof = Shared.Prove(prover, Transcript);
        Assert.That(proof, Does.Match("^[0-9a-f]{64}$"));
        Assert.That(Shared.Verify(prover, Transcript, proof), Is.True);
        Assert.That(Shared.Verify(other, Transcript, proof), Is.False, "reflected");
        Assert.That(new Token("0123456789abcdeg"u8).Verify(prover, Transcript, proof), Is.False);
        Assert.That(Shared.Verify(prover, Transcript, string.Empty), Is.False);
        Assert.That(Shared.Verify(prover, Transcript, proof.ToUpperInvariant()), Is.False);
    }

    [Test]
    public void Proofs_are_compared_in_constant_time() =>
        Assert.That(TypeReferences.Of(typeof(Token)), Does.Contain(typeof(CryptographicOperations)), "nobody can measure it in a test, so it is looked up");

    [TestCaseSource(nameof(Others))]
    public void A_proof_is_for_its_own_handshake_only(TokenTranscript other) =>
        Assert.That(Shared.Verify(Party.Node, other, Shared.Prove(Party.Node, Transcript)), Is.False);

    [Test]
    public void Nonces_are_never_the_same() =>
        Assert.That(Enumerable.Range(0, 1000).Select(_ => Token.NewNonce()), Is.Unique.And.All.Match("^[0-9a-f]{64}$"));

    [TestCase("0123456789abcdef\n", "0123456789abcdef")]
    [TestCase("0123456789abcdef\r\n", "0123456789abcdef")]
    [TestCase("0123456789abcdef\n\n", "0123456789abcdef\n")]
    [TestCase(" 0123456789abcdef ", " 0123456789abcdef ")]
    public void The_secret_is_the_file_without_one_newline(string content, string secret)
    {
        using var folder = new TempFolder();
        Token loaded = Token.Load(WriteSecret(folder, content));
        Assert.That(loaded.Prove(Party.Node, Transcript), Is.EqualTo(new Token(System.Text.Encoding.UTF8.GetBytes(secret)).Prove(Party.Node, Transcript)));
    }

    [TestCase("")]
    [TestCase("0123456789abcde\n")]
    public void A_short_secret_is_refused(string content)
    {
        using var folder = new TempFolder();
        UserErrorException e = Refusal(WriteSecret(folder, content));
        Assert.That(e.Message, Does.Contain("16 at least are needed").And.Contains("ca trial"));
    }

    [TestCase(UnixFileMode.GroupRead)]
    [TestCase(UnixFileMode.GroupWrite)]
    [TestCase(UnixFileMode.OtherRead)]
    [TestCase(UnixFileMode.OtherExecute)]
    [Platform(Exclude = "Win")]
    public void A_file_that_others_can_get_at_is_refused_with_the_command_to_mend_it(UnixFileMode right)
    {
        using var folder = new TempFolder();
        string path = WriteSecret(folder, "0123456789abcdef");
        SetMode(path, right);
        UserErrorException e = Refusal(path);
        Assert.That(e.Message, Does.Contain($"chmod 600 '{path}'").And.Not.Contain("0123456789abcdef"));
    }

    [Test]
    public void A_file_that_is_not_there_is_named() => Assert.That(Refusal("/nowhere/token").Message, Does.Contain("/nowhere/token"));

    [Test]
    public void A_device_is_not_read() => Assert.That(Refusal("/dev/null").Message, Does.StartWith("--token_file"));

    private static string WriteSecret(TempFolder folder, string content)
    {
        string path = folder.Write("token", System.Text.Encoding.UTF8.GetBytes(content));
        SetMode(path);
        return path;
    }

    private static void SetMode(string path, UnixFileMode more = UnixFileMode.None)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        }
    }

    private static UserErrorException Refusal(string path)
    {
        UserErrorException e = Assert.Throws<UserErrorException>((Action)(() => Token.Load(path)))!;
        Assert.That(e.ExitCode, Is.EqualTo(ExitCode.Usage));
        return e;
    }

    private static TestCaseData Case(string name, TokenTranscript transcript) => new TestCaseData(transcript).SetArgDisplayNames(name);
}
