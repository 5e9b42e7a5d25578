namespace TraversalLearning.Transport;

/// <summary>How long to wait before the next try to connect: capped exponential with full jitter on the upper half.</summary>
public static class Backoff
{
    /// <summary>The longest delay.</summary>
    public static TimeSpan Cap { get; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(100);

    /// <summary>The delay before try number <paramref name="attempt"/> (from 0).</summary>
    /// <param name="attempt">Tries since the last whole handshake.</param>
    /// <param name="jitter">From 0 to 1; spreads nodes that lost the orchestrator together.</param>
    public static TimeSpan Delay(int attempt, double jitter)
    {
        double full = Math.Min(Cap.TotalSeconds, Base.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
        return TimeSpan.FromSeconds(full * (0.5 + (0.5 * jitter)));
    }
}
