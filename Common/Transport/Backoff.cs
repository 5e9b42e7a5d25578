namespace TraversalLearning.Transport;

/// <summary>Delay before a reconnect: capped exponential backoff with jitter on the upper half.</summary>
public static class Backoff
{
    /// <summary>The longest delay.</summary>
    public static TimeSpan Cap { get; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(100);

    /// <summary>Delay before attempt <paramref name="attempt"/> (from 0).</summary>
    /// <param name="attempt">Attempts since the last completed handshake.</param>
    /// <param name="jitter">From 0 to 1; keeps nodes that lost the orchestrator together from reconnecting together.</param>
    public static TimeSpan Delay(int attempt, double jitter)
    {
        double full = Math.Min(Cap.TotalSeconds, Base.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)));
        return TimeSpan.FromSeconds(full * (0.5 + (0.5 * jitter)));
    }
}
