namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Lets a burst through, then one at a time at a steady pace, in the order in which they came. Who gives up or is sent away while waiting
/// costs the others nothing.
/// </summary>
/// <param name="burst">How many pass at once.</param>
/// <param name="interval">After which another one passes.</param>
/// <param name="time">The clock.</param>
internal sealed class Turnstile(int burst, TimeSpan interval, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Held by the one who is next: so the credit is his alone to look at.
    private readonly SemaphoreSlim _next = new(1, 1);
    private double _credit = burst;
    private long _last = (time ?? TimeProvider.System).GetTimestamp();

    /// <summary>Waits for one's turn.</summary>
    /// <exception cref="OperationCanceledException">Gave up.</exception>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        await _next.WaitAsync(cancellationToken);
        try
        {
            while (!TryTake())
            {
                await Task.Delay(interval, _time, cancellationToken);
            }
        }
        finally
        {
            _next.Release();
        }
    }

    private bool TryTake()
    {
        long now = _time.GetTimestamp();
        _credit = Math.Min(burst, _credit + (_time.GetElapsedTime(_last, now) / interval));
        _last = now;
        if (_credit < 1)
        {
            return false;
        }

        _credit--;
        return true;
    }
}
