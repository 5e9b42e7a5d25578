using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// A FIFO rate limiter: admits a burst, then one at a time at a steady pace. A waiter that gives up costs the others
/// nothing.
/// </summary>
/// <param name="burst">Number admitted at once.</param>
/// <param name="interval">Interval between later admissions.</param>
/// <param name="time">The clock.</param>
internal sealed class RateGate(int burst, TimeSpan interval, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Held by the next in line, which thus has exclusive access to the bucket.
    private readonly SemaphoreSlim _next = new(1, 1);
    private readonly TokenBucket _bucket = new(burst, interval, time ?? TimeProvider.System);

    /// <summary>Waits for admission.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        await _next.WaitAsync(cancellationToken);
        try
        {
            while (!_bucket.TryTake())
            {
                await Task.Delay(interval, _time, cancellationToken);
            }
        }
        finally
        {
            _next.Release();
        }
    }
}
