using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>Counts what the steps of an epoch take.</summary>
/// <param name="clock">Says where their time goes.</param>
/// <param name="traffic">Bytes sent and received so far.</param>
internal sealed class EpochMeter(StepClock clock, Func<(long Sent, long Received)> traffic)
{
    private int _steps;
    private long _visits;
    private ProcessUsage _usage;
    private (long Sent, long Received) _traffic;

    /// <summary>The first step of an epoch, or of what is left of it, begins.</summary>
    public void Start()
    {
        (_steps, _visits) = (0, 0);
        _traffic = traffic();
        _usage = ProcessUsage.Now;
        clock.Restart();
    }

    /// <summary>A step has ended.</summary>
    /// <param name="visits">How many nodes it visited.</param>
    public void StepCompleted(int visits)
    {
        clock.Lap(StepPart.Other);
        _steps++;
        _visits += visits;
    }

    /// <summary>The last step of the epoch has ended.</summary>
    /// <returns><see langword="null"/> if there was none here.</returns>
    public EpochFigures? Stop()
    {
        if (_steps == 0)
        {
            return null;
        }

        ProcessUsage usage = ProcessUsage.Now - _usage;
        (long sent, long received) = traffic();
        return new EpochFigures(
            _steps,
            clock.Mean(_steps),
            (double)_visits / _steps,
            (double)(sent - _traffic.Sent) / _steps,
            (double)(received - _traffic.Received) / _steps,
            (double)usage.AllocatedBytes / _steps,
            usage.Processor.TotalMilliseconds / _steps);
    }
}
