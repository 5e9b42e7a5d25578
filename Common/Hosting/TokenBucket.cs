namespace TraversalLearning.Hosting;

/// <summary>A rate limit: a burst passes at once, then one event per interval. Not thread-safe.</summary>
/// <param name="burst">Events that pass at once.</param>
/// <param name="interval">Interval after which another event passes.</param>
/// <param name="time">The clock.</param>
public sealed class TokenBucket(int burst, TimeSpan interval, TimeProvider time)
{
    private double _tokens = burst;
    private long _last = time.GetTimestamp();

    /// <summary>Takes a token; <see langword="false"/> if there is none.</summary>
    public bool TryTake()
    {
        long now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (time.GetElapsedTime(_last, now) / interval));
        _last = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
