using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>Text of the other side does nothing to a log or a terminal.</summary>
public sealed class PrintableTests
{
    [TestCase("")]
    [TestCase("node 3: no forward pass of epoch 1 is held")]
    [TestCase("größer – 28×28, 学習, 😀")]
    public void Plain_text_stays(string text) => Assert.That(Printable.Escape(text), Is.SameAs(text).Or.EqualTo(text));

    [TestCase("a\nb", @"a\u000Ab")]
    [TestCase("a\r\n2026-01-01 WARN forged", @"a\u000D\u000A2026-01-01 WARN forged")]
    [TestCase("\u001b[2J\u001b]0;title\u0007", @"\u001B[2J\u001B]0;title\u0007")]
    [TestCase("\u009b31m", @"\u009B31m")]
    [TestCase("\u202egnp.exe", @"\u202Egnp.exe")]
    [TestCase("a\u2028b\u2029c\u0085d", @"a\u2028b\u2029c\u0085d")]
    [TestCase("\0\t\u007f", @"\u0000\u0009\u007F")]
    [TestCase("😀\n", @"😀\u000A")]
    public void Control_characters_are_shown_as_what_they_are(string text, string expected) => Assert.That(Printable.Escape(text), Is.EqualTo(expected));

    [Test]
    public void Half_a_character_is_shown_as_what_it_is()
    {
        Assert.That(Printable.Escape("a\ud83d"), Is.EqualTo(@"a\uD83D"));
        Assert.That(Printable.Escape("\ude00b"), Is.EqualTo(@"\uDE00b"));
    }

    [Test]
    public void Language_tags_are_no_letters() => Assert.That(Printable.Escape("\U000E0041"), Is.EqualTo(@"\uDB40\uDC41"));
}
