using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

/// <summary>A steady pace for what strangers make this side compute. The clock stands still but where a test moves it.</summary>
public sealed class TurnstileTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    [Test]
    public async Task A_burst_passes_at_once_and_then_one_at_a_time_in_order()
    {
        var time = new ManualTimeProvider();
        var turnstile = new RateGate(burst: 3, Interval, time);
        var passed = new List<int>();
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(PassAsync)];
        Assert.That(passed, Is.EqualTo((int[])[0, 1, 2]));
        for (int next = 3; next < waiting.Length; next++)
        {
            // Whoever is next begins to wait on a thread of the pool: time that passed before would not count for him.
            await Waiting.Until(() => time.IsAwaited);
            time.Advance(Interval);
            await waiting[next].Soon();
            Assert.That(waiting[(next + 1)..].Any(t => t.IsCompleted), Is.False);
        }

        Assert.That(passed, Is.Ordered);

        async Task PassAsync(int number)
        {
            await turnstile.PassAsync(CancellationToken.None);
            passed.Add(number);
        }
    }

    [Test]
    public async Task Who_is_sent_away_costs_the_others_no_time()
    {
        var time = new ManualTimeProvider();
        var turnstile = new RateGate(burst: 1, Interval, time);
        await turnstile.PassAsync(CancellationToken.None).Soon();
        using var sentAway = new CancellationTokenSource();
        Task[] crowd = [.. Enumerable.Range(0, 1000).Select(_ => turnstile.PassAsync(sentAway.Token))];
        Task guest = turnstile.PassAsync(CancellationToken.None);
        await sentAway.CancelAsync();
        foreach (Task one in crowd)
        {
            await Assert.ThatAsync(() => one.Soon(), Throws.InstanceOf<OperationCanceledException>());
        }

        // The wait that the crowd's first had begun is begun anew by the guest.
        await Waiting.Until(() =>
        {
            time.Advance(Interval);
            return guest.IsCompleted;
        });
        Assert.That(time.GetTimestamp(), Is.LessThan(1000 * Interval.Ticks));
    }
}
