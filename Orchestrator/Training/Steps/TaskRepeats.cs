using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// How often one task is tried, and what lies between two tries. The first repeat comes at once; before each further one there is a pause that
/// grows, so that a handful of connections that break as soon as they stand, stale ones of a proxy say, do not use up all tries in no time.
/// </summary>
/// <param name="patience">The pauses together take no longer, and then no more than the tries are left.</param>
internal sealed class TaskRepeats(TimeSpan patience)
{
    /// <summary>A node that loses its connection this often in one task will not finish it.</summary>
    public const int MaxAttempts = 10;

    private TimeSpan _left = patience;
    private int _lost;

    /// <summary>One try has failed.</summary>
    /// <returns>How long to wait before the next one; <see langword="null"/> if there is to be none.</returns>
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
