using TraversalLearning.Hosting;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>What strangers cause does not fill the log.</summary>
public sealed class LogThrottleTests
{
    [Test]
    public void A_burst_passes_then_one_in_each_interval_with_the_number_of_the_others()
    {
        var time = new ManualTimeProvider();
        var throttle = new LogThrottle(burst: 3, TimeSpan.FromSeconds(1), time);
        Assert.That(Enumerable.Range(0, 1000).Count(_ => throttle.TryPass(out long _)), Is.EqualTo(3));

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((throttle.TryPass(out long held), held), Is.EqualTo((true, 997)));
        Assert.That(throttle.TryPass(out _), Is.False);
        Assert.That(throttle.TakeHeld(), Is.EqualTo(1));
        Assert.That(throttle.TakeHeld(), Is.Zero);

        time.Advance(TimeSpan.FromHours(1));
        Assert.That(Enumerable.Range(0, 1000).Count(_ => throttle.TryPass(out long _)), Is.EqualTo(3), "no more than a burst is saved up");
    }
}
