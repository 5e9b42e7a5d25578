using System.Diagnostics;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Counts the seconds and bytes of a run, for stop rules and checkpoints.</summary>
/// <param name="before">Totals from earlier parts of the run.</param>
/// <param name="traffic">Bytes sent and received in this part.</param>
internal sealed class RunMeter(RunMeters before, Func<(long Sent, long Received)> traffic)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private double _secondsBefore = before.EpochSeconds;
    private long _epochStart;

    /// <summary>The totals so far; thread-safe.</summary>
    public RunMeters Read()
    {
        (long sent, long received) = traffic();
        return new RunMeters(
            _secondsBefore + (_epochStart == 0 ? 0 : Stopwatch.GetElapsedTime(_epochStart).TotalSeconds),
            before.Seconds + Stopwatch.GetElapsedTime(_start).TotalSeconds,
            before.SentBytes + sent,
            before.ReceivedBytes + received);
    }

    /// <summary>Starts or resumes an epoch.</summary>
    /// <param name="isNew">Whether the epoch starts, rather than resumes.</param>
    public void EpochStarted(bool isNew)
    {
        _epochStart = Stopwatch.GetTimestamp();
        if (isNew)
        {
            _secondsBefore = 0;
        }
    }

    /// <summary>Ends an epoch; the time that follows belongs to none.</summary>
    public void EpochCompleted() => _secondsBefore = _epochStart = 0;
}
