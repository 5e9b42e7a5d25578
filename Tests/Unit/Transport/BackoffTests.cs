using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>Delays grow, are capped, and spread.</summary>
public sealed class BackoffTests
{
    [Test]
    public void Starts_at_a_tenth_of_a_second_and_doubles() =>
        Assert.That(
            Enumerable.Range(0, 9).Select(i => Backoff.Delay(i, 1).TotalMilliseconds),
            Is.EqualTo(new[] { 100.0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000 }).Within(1e-6));

    [Test]
    public void Never_exceeds_the_cap() => Prop.ForAll<NonNegativeInt, NormalFloat>((attempt, x) =>
        Backoff.Delay(attempt.Get, Jitter(x)) <= Backoff.Cap && Backoff.Delay(int.MaxValue, 1) == Backoff.Cap).QuickCheckThrowOnFailure();

    [Test]
    public void Never_shrinks_from_one_attempt_to_the_next() => Prop.ForAll<NonNegativeInt, NormalFloat>((attempt, x) =>
        Backoff.Delay(attempt.Get + 1, Jitter(x)) >= Backoff.Delay(attempt.Get, Jitter(x))).QuickCheckThrowOnFailure();

    [Test]
    public void Jitter_spreads_over_the_upper_half() => Prop.ForAll<NonNegativeInt, NormalFloat>((attempt, x) =>
    {
        TimeSpan full = Backoff.Delay(attempt.Get, 1);
        TimeSpan delay = Backoff.Delay(attempt.Get, Jitter(x));
        return delay >= full / 2 && delay <= full && Backoff.Delay(attempt.Get, 0) == full / 2;
    }).QuickCheckThrowOnFailure();

    private static double Jitter(NormalFloat x) => Math.Abs(x.Get) % 1;
}
