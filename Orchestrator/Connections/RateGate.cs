using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Lets a burst through, then one at a time at a steady pace, in the order in which they came. Who gives up or is sent away while waiting
/// costs the others nothing.
/// </summary>
/// <param name="burst">How many pass at once.</param>
/// <param name="interval">After which another one passes.</param>
/// <param name="time">The clock.</param>
internal sealed class RateGate(int burst, TimeSpan interval, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Held by the one who is next: so the bucket is his alone to look at.
    private readonly SemaphoreSlim _next = new(1, 1);
    private readonly TokenBucket _bucket = new(burst, interval, time ?? TimeProvider.System);

    /// <summary>Waits for one's turn.</summary>
    /// <exception cref="OperationCanceledException">Gave up.</exception>
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
