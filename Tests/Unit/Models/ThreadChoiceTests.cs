using TraversalLearning.Models;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>Which number of threads <c>--threads auto</c> comes to, given what was measured.</summary>
public sealed class ThreadChoiceTests
{
    [TestCase(1, new[] { 1 })]
    [TestCase(2, new[] { 1, 2 })]
    [TestCase(3, new[] { 1, 2, 3 })]
    [TestCase(6, new[] { 1, 2, 4, 6 })]
    [TestCase(8, new[] { 1, 2, 4, 8 })]
    [TestCase(int.MaxValue - 1, null)]
    public void Candidates_are_the_powers_of_two_and_the_number_of_processors(int processors, int[]? expected)
    {
        int[] candidates = [.. ThreadChoice.Candidates(processors)];
        Assert.That(candidates, Is.Ordered.And.Unique.And.All.Positive);
        Assert.That((candidates[0], candidates[^1]), Is.EqualTo((1, processors)));
        if (expected is not null)
        {
            Assert.That(candidates, Is.EqualTo(expected));
        }
    }

    [Test]
    public void No_processor_is_a_defect() => Assert.That(() => ThreadChoice.Candidates(0), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(new[] { 100, 50, 30, 20 }, 8, Description = "the fastest")]
    [TestCase(new[] { 100, 100, 100, 100 }, 1)]
    [TestCase(new[] { 110, 100, 120, 130 }, 1, Description = "just within a tenth of the best")]
    [TestCase(new[] { 111, 100, 120, 130 }, 2, Description = "just beyond it")]
    [TestCase(new[] { 100, 54, 50, 52 }, 2)]
    [TestCase(new[] { 20, 400, 900, 1000 }, 1, Description = "processes that fight")]
    public void The_smallest_number_within_a_tenth_of_the_best_is_chosen(int[] microseconds, int expected)
    {
        IEnumerable<ThreadTimings> timings = microseconds.Select((m, i) => Timings(1 << i, m));
        Assert.That(ThreadChoice.From(timings).Threads, Is.EqualTo(expected));
        Assert.That(ThreadChoice.From(timings.Reverse()).Threads, Is.EqualTo(expected), "in whatever order they were measured");
    }

    [Test]
    public void One_disturbed_pass_decides_nothing() =>
        Assert.That(ThreadChoice.From([Timings(1, 10, 10, 5000, 10, 11), Timings(2, 20, 1, 20, 1, 20)]).Threads, Is.EqualTo(1));

    [Test]
    public void It_says_what_was_chosen_and_measured() => Assert.That(
        ThreadChoice.From([Timings(2, 800), Timings(1, 1200)]).ToString(), Is.EqualTo("2 (auto: 1 thread 1.20 ms, 2 threads 0.80 ms)"));

    private static ThreadTimings Timings(int threads, params int[] microseconds) =>
        new(threads, [.. microseconds.Select(m => TimeSpan.FromMicroseconds(m))]);
}
