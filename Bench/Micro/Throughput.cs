using System.Diagnostics;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>How often something can be done in a while; the first half of the while is not counted.</summary>
internal static class Throughput
{
    /// <summary>Seconds that it takes once.</summary>
    public static double SecondsEach(TimeSpan duration, Action once, CancellationToken cancellationToken) =>
        CostEach(duration, once, cancellationToken).Seconds;

    /// <summary>Seconds that it takes once, and those of processors that all threads of this process spend meanwhile.</summary>
    public static (double Seconds, double ProcessorSeconds) CostEach(TimeSpan duration, Action once, CancellationToken cancellationToken)
    {
        Repeat(duration / 2, once, cancellationToken);
        TimeSpan spent = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        int times = Repeat(duration / 2, once, cancellationToken);
        return (Stopwatch.GetElapsedTime(start).TotalSeconds / times, (Environment.CpuUsage.TotalTime - spent).TotalSeconds / times);
    }

    /// <summary>Seconds of it that count, once.</summary>
    /// <param name="duration">For how long it is done.</param>
    /// <param name="once">Does it, and says how much of the time that it took counts.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static double SecondsOf(TimeSpan duration, Func<TimeSpan> once, CancellationToken cancellationToken)
    {
        var counted = TimeSpan.Zero;
        Repeat(duration / 2, Once, cancellationToken);
        counted = TimeSpan.Zero;
        int times = Repeat(duration / 2, Once, cancellationToken);
        return counted.TotalSeconds / times;

        void Once() => counted += once();
    }

    private static int Repeat(TimeSpan duration, Action once, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int times = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            once();
            times++;
        }
        while (Stopwatch.GetElapsedTime(start) < duration);
        return times;
    }
}
