using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Limits the retries of one task and sets the delays between them. The first retry is immediate; later delays grow, so
/// that a few connections that break at once, such as stale ones of a proxy, do not exhaust all attempts within
/// moments.
/// </summary>
/// <param name="patience">Upper bound on the sum of all delays; the attempts remain limited as well.</param>
internal sealed class TaskRepeats(TimeSpan patience)
{
    /// <summary>Maximum attempts: a node that loses its connection this often in one task will not finish it.</summary>
    public const int MaxAttempts = 10;

    private TimeSpan _left = patience;
    private int _lost;

    /// <summary>Records a failed attempt.</summary>
    /// <returns>The delay before the next attempt; <see langword="null"/> if there is none.</returns>
    public TimeSpan? Next()
    {
        if (++_lost == MaxAttempts)
        {
            return null;
        }

        TimeSpan pause = _lost == 1 ? TimeSpan.Zero : Backoff.Delay(_lost - 2, jitter: 1);
        pause = pause < _left ? pause : _left;
        _left -= pause;
        return pause;
    }
}
