using System.Text;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>What is read of a proxy's answer.</summary>
public sealed class ProxyReplyTests
{
    [TestCase("HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n", 200, "Connection established", false)]
    [TestCase("HTTP/1.1 200\r\n\r\n", 200, "", false)]
    [TestCase("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: basic realm=\"x\"\r\n\r\n", 407, "Proxy Authentication Required", true)]
    [TestCase("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM, Basic realm=\"x\"\r\n\r\n", 407, "No", true)]
    [TestCase("HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"Basic\"\r\n\r\n", 407, "No", false)]
    public void An_answer_is_complete_at_its_last_byte_and_not_before(string text, int status, string phrase, bool offersBasic)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.That(ProxyReply.TryParse(bytes.AsSpan(0, cut), out _), Is.EqualTo(ProxyReplyState.Incomplete), $"{cut} bytes");
        }

        Assert.That(ProxyReply.TryParse(bytes, out ProxyReply? reply), Is.EqualTo(ProxyReplyState.Complete));
        Assert.That(reply, Is.EqualTo(new ProxyReply(status, phrase, offersBasic)));
    }

    [TestCase("SSH-2.0-OpenSSH", 1)]
    [TestCase("HTTP/2 200", 6)]
    public void Another_protocol_is_noticed_at_its_first_wrong_byte(string text, int noticed)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert.That(ProxyReply.TryParse(bytes.AsSpan(0, noticed - 1), out _), Is.EqualTo(ProxyReplyState.Incomplete));
        Assert.That(ProxyReply.TryParse(bytes.AsSpan(0, noticed), out _), Is.EqualTo(ProxyReplyState.Invalid));
    }

    [TestCase("HTTP/1.1\r\n\r\n")]
    [TestCase("HTTP/1.1 20\r\n\r\n")]
    [TestCase("HTTP/1.1 2000 x\r\n\r\n")]
    [TestCase("HTTP/1.1 -12 x\r\n\r\n")]
    [TestCase("HTTP/1.7 200 x\r\n\r\n")]
    public void A_status_line_that_is_none_is_invalid(string text) =>
        Assert.That(ProxyReply.TryParse(Encoding.Latin1.GetBytes(text), out _), Is.EqualTo(ProxyReplyState.Invalid));

    [Test]
    public void What_a_person_reads_of_it_is_short_and_printable()
    {
        ProxyReply.TryParse(Encoding.Latin1.GetBytes($"HTTP/1.1 500 \u001b[31m{new string('x', 500)}\r\n\r\n"), out ProxyReply? reply);
        Assert.That(reply!.ToString(), Has.Length.LessThan(120).And.Not.Contains("\u001b"));
    }
}
