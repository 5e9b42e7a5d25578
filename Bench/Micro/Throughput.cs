using System.Diagnostics;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>How often something can be done in a while; the first half of the while is not counted.</summary>
internal static class Throughput
{
    /// <summary>Seconds that it takes once.</summary>
    public static double SecondsEach(TimeSpan duration, Action once, CancellationToken cancellationToken)
    {
        Repeat(duration / 2, once, cancellationToken);
        return Repeat(duration / 2, once, cancellationToken);
    }

    private static double Repeat(TimeSpan duration, Action once, CancellationToken cancellationToken)
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
        return Stopwatch.GetElapsedTime(start).TotalSeconds / times;
    }
}
