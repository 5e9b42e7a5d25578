namespace TraversalLearning.Hosting;

/// <summary>Keeps untrusted peers from flooding a log: passes a burst of events, then one per interval, and counts the rest.</summary>
/// <param name="burst">Events that pass at once.</param>
/// <param name="interval">Interval after which another event passes.</param>
/// <param name="time">The clock.</param>
public sealed class LogThrottle(int burst, TimeSpan interval, TimeProvider? time = null)
{
    private readonly TokenBucket _bucket = new(burst, interval, time ?? TimeProvider.System);
    private readonly Lock _lock = new();
    private long _held;

    /// <summary>Whether to log this event.</summary>
    /// <param name="held">If logged: number of events suppressed since the last one logged.</param>
    public bool TryPass(out long held)
    {
        lock (_lock)
        {
            if (!_bucket.TryTake())
            {
                held = 0;
                _held++;
                return false;
            }

            held = _held;
            _held = 0;
            return true;
        }
    }

    /// <summary>Returns and resets the number of suppressed events.</summary>
    public long TakeHeld()
    {
        lock (_lock)
        {
            (long held, _held) = (_held, 0);
            return held;
        }
    }
}
