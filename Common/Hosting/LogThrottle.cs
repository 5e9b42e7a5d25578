namespace TraversalLearning.Hosting;

/// <summary>Keeps what strangers cause from filling a log: a burst of events passes, then one in each interval; the others are counted.</summary>
/// <param name="burst">Events that pass at once.</param>
/// <param name="interval">After which another one passes.</param>
/// <param name="time">The clock.</param>
public sealed class LogThrottle(int burst, TimeSpan interval, TimeProvider? time = null)
{
    private readonly TokenBucket _bucket = new(burst, interval, time ?? TimeProvider.System);
    private readonly Lock _lock = new();
    private long _held;

    /// <summary>Whether this event is to be logged.</summary>
    /// <param name="held">How many were not since the last one that was, if this one is.</param>
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

    /// <summary>How many events have not been accounted for; they are now.</summary>
    public long TakeHeld()
    {
        lock (_lock)
        {
            (long held, _held) = (_held, 0);
            return held;
        }
    }
}
