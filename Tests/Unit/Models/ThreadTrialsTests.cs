using TraversalLearning.Models;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>What is timed, and for how long; a pass takes here what the test says, and no time at all.</summary>
public sealed class ThreadTrialsTests
{
    private readonly List<int> _passes = [];

    [SetUp]
    public void Forget() => _passes.Clear();

    [Test]
    public void Short_passes_are_timed_in_five_alternating_rounds_after_one_that_does_not_count()
    {
        ThreadChoice choice = Run(processors: 4, threads => _passes.Count <= 6 ? 19 : 4.0 / threads);
        Assert.That(_passes, Is.EqualTo(Enumerable.Repeat((int[])[4, 4, 2, 2, 1, 1], 6).SelectMany(p => p)), "each twice: the first starts threads");
        Assert.That(choice.Timings.Select(t => (t.Threads, t.Passes.Count, t.Median.TotalMilliseconds)), Is.EqualTo(((int, int, double)[])[(1, 5, 4), (2, 5, 2), (4, 5, 1)]));
        Assert.That(choice.Threads, Is.EqualTo(4));
    }

    [Test]
    public void Passes_of_a_while_are_timed_once_a_round_and_as_often_as_there_is_time()
    {
        ThreadChoice choice = Run(processors: 2, _ => 100);
        Assert.That(_passes, Is.EqualTo((int[])[2, 1, 2, 1, 2, 1, 2, 1]));
        Assert.That(choice.Timings.Select(t => t.Passes.Count), Is.All.EqualTo(3));
        Assert.That(choice.Threads, Is.EqualTo(1));
    }

    [Test]
    public void Slow_passes_are_timed_once_each()
    {
        ThreadChoice choice = Run(processors: 2, threads => 600.0 / threads);
        Assert.That(_passes, Is.EqualTo((int[])[2, 1]));
        Assert.That(choice.Threads, Is.EqualTo(2));
    }

    [Test]
    public void Where_one_pass_takes_all_the_time_the_most_threads_stay()
    {
        ThreadChoice choice = Run(processors: 64, _ => 60_000);
        Assert.That(_passes, Is.EqualTo((int[])[64]));
        Assert.That(choice.Threads, Is.EqualTo(64));
    }

    [Test]
    public void It_takes_no_longer_than_its_limit_and_the_last_pass([Values(1, 2, 3, 8, 64, 1000)] int processors, [Values(0.1, 3, 19, 21, 90, 399, 401, 5000)] double milliseconds)
    {
        Run(processors, _ => milliseconds);
        Assert.That(_passes.Count * milliseconds, Is.LessThanOrEqualTo(ThreadTrials.Limit.TotalMilliseconds + milliseconds));
    }

    [TestCase(256, 16, 1, 256)]
    [TestCase(256, 16, 6.25, 256)]
    [TestCase(256, 16, 50, 32, Description = "a slow model: as many as take about a tenth of a second")]
    [TestCase(256, 16, 800, 2)]
    [TestCase(256, 16, 100_000, 1)]
    [TestCase(4, 4, 1, 4)]
    [TestCase(4, 4, 0, 4, Description = "a clock that stood still")]
    public void A_pass_has_as_many_rows_as_there_is_time_for(int wanted, int tried, double milliseconds, int expected) =>
        Assert.That(ThreadTrials.Rows(wanted, tried, TimeSpan.FromMilliseconds(milliseconds)), Is.EqualTo(expected));

    private ThreadChoice Run(int processors, Func<int, double> milliseconds) => new ThreadTrials(threads =>
    {
        _passes.Add(threads);
        return TimeSpan.FromMilliseconds(milliseconds(threads));
    }).Run(processors);
}
