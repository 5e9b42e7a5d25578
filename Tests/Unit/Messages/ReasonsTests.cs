using TraversalLearning.Messages;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Messages;

/// <summary>A reason quotes what users and files say, of any length, and has to reach the other side.</summary>
public sealed class ReasonsTests
{
    [TestCase("x", 5000)]
    [TestCase("é", 5000)]
    [TestCase("漢", 340)]
    [TestCase("漢", 341)]
    [TestCase("𝄞", 400)]
    public void A_long_reason_is_cut_and_arrives(string text, int times)
    {
        string reason = string.Concat(Enumerable.Repeat(text, times));
        foreach (FrameSample frame in new[] { FrameSample.Of(new Shutdown(reason)), FrameSample.Of(new Leave(reason)) })
        {
            object message = Frames.Read(frame.Encode(FrameSample.Checked))!.Message;
            string arrived = message is Shutdown shutdown ? shutdown.Reason : ((Leave)message).Reason;
            Assert.That(reason, Does.StartWith(arrived.TrimEnd('…')));
            Assert.That(arrived.Length, Is.GreaterThan(300));
        }
    }

    [Test]
    public void A_short_one_stays() => Assert.That(Reasons.Fitted("training is over"), Is.EqualTo("training is over"));
}
