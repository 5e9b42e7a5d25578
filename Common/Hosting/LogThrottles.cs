using System.Collections.Concurrent;

namespace TraversalLearning.Hosting;

/// <summary>A <see cref="LogThrottle"/> for each kind of event.</summary>
/// <param name="burst">Events of a kind that pass at once.</param>
/// <param name="interval">After which another one of the kind passes.</param>
public sealed class LogThrottles(int burst, TimeSpan interval)
{
    private readonly ConcurrentDictionary<int, LogThrottle> _throttles = new();

    /// <summary>Whether this event is to be shown.</summary>
    /// <param name="number">Its kind.</param>
    /// <param name="held">How many of the kind were not since the last one that was, if this one is.</param>
    public bool TryPass(int number, out long held) => _throttles.GetOrAdd(number, _ => new LogThrottle(burst, interval)).TryPass(out held);
}
