using System.Collections.Concurrent;

namespace TraversalLearning.Hosting;

/// <summary>A <see cref="LogThrottle"/> for each kind of event.</summary>
/// <param name="burst">Events of a kind that pass at once.</param>
/// <param name="interval">Interval after which another event of the kind passes.</param>
public sealed class LogThrottles(int burst, TimeSpan interval)
{
    private readonly ConcurrentDictionary<int, LogThrottle> _throttles = new();

    /// <summary>Whether to log this event.</summary>
    /// <param name="number">The kind of event.</param>
    /// <param name="held">If logged: number of events of the kind suppressed since the last one logged.</param>
    public bool TryPass(int number, out long held) => _throttles.GetOrAdd(number, _ => new LogThrottle(burst, interval)).TryPass(out held);
}
