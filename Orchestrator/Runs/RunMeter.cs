using System.Diagnostics;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Counts the seconds and bytes of a run; rules that end it go by them, and its checkpoints have them.</summary>
/// <param name="before">What the parts of the run before this one have taken.</param>
/// <param name="traffic">Bytes sent and received in this part.</param>
internal sealed class RunMeter(RunMeters before, Func<(long Sent, long Received)> traffic)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private double _secondsBefore = before.EpochSeconds;
    private long _epochStart;

    /// <summary>So far; from any thread.</summary>
    public RunMeters Read()
    {
        (long sent, long received) = traffic();
        return new RunMeters(
            _secondsBefore + (_epochStart == 0 ? 0 : Stopwatch.GetElapsedTime(_epochStart).TotalSeconds),
            before.Seconds + Stopwatch.GetElapsedTime(_start).TotalSeconds,
            before.SentBytes + sent,
            before.ReceivedBytes + received);
    }

    /// <summary>An epoch begins, or goes on.</summary>
    /// <param name="isNew">Whether it begins.</param>
    public void EpochStarted(bool isNew)
    {
        _epochStart = Stopwatch.GetTimestamp();
        if (isNew)
        {
            _secondsBefore = 0;
        }
    }

    /// <summary>An epoch has ended; what comes now belongs to none.</summary>
    public void EpochCompleted() => _secondsBefore = _epochStart = 0;
}
