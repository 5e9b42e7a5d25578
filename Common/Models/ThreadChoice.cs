using System.Globalization;

namespace TraversalLearning.Models;

/// <summary>How long a pass took with a number of threads.</summary>
/// <param name="Threads">At least 1.</param>
/// <param name="Passes">At least one.</param>
public sealed record ThreadTimings(int Threads, IReadOnlyList<TimeSpan> Passes)
{
    /// <summary>Of the passes; of an even number of them the upper of the two in the middle.</summary>
    public TimeSpan Median { get; } = Passes.Order().ElementAt(Passes.Count / 2);
}

/// <summary>What <c>--threads auto</c> came to.</summary>
/// <param name="Threads">The number that was chosen.</param>
/// <param name="Timings">What it was chosen from, fewest threads first.</param>
public sealed record ThreadChoice(int Threads, IReadOnlyList<ThreadTimings> Timings)
{
    /// <summary>How much slower than the best a smaller number may be: what it leaves goes to the other processes of the machine.</summary>
    public const double Tolerance = 0.10;

    /// <summary>1, 2, 4, … and the number of processors itself.</summary>
    public static IEnumerable<int> Candidates(int processors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(processors, 1);
        return Powers(processors);
    }

    /// <summary>The smallest number whose median is within <see cref="Tolerance"/> of the best.</summary>
    /// <param name="timings">At least one, each of another number.</param>
    public static ThreadChoice From(IEnumerable<ThreadTimings> timings)
    {
        ThreadTimings[] sorted = [.. timings.OrderBy(t => t.Threads)];
        TimeSpan bound = sorted.Min(t => t.Median) * (1 + Tolerance);
        return new ThreadChoice(sorted.First(t => t.Median <= bound).Threads, sorted);
    }

    /// <summary>Both, for people: <c>2 (auto: 1 thread 1.20 ms, 2 threads 0.80 ms)</c>.</summary>
    public override string ToString()
    {
        IEnumerable<string> measured = Timings.Select(t => string.Create(
            CultureInfo.InvariantCulture, $"{t.Threads} {(t.Threads == 1 ? "thread" : "threads")} {t.Median.TotalMilliseconds:0.00} ms"));
        return string.Create(CultureInfo.InvariantCulture, $"{Threads} (auto: {string.Join(", ", measured)})");
    }

    private static IEnumerable<int> Powers(int processors)
    {
        for (long threads = 1; threads < processors; threads *= 2)
        {
            yield return (int)threads;
        }

        yield return processors;
    }
}
