using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Measures the cost of an epoch's steps.</summary>
/// <param name="clock">Measures where the time of steps goes.</param>
/// <param name="traffic">Bytes sent and received so far.</param>
/// <param name="measured">Called with each epoch's figures.</param>
internal sealed class EpochMeter(StepClock clock, Func<(long Sent, long Received)> traffic, Action<int, EpochFigures> measured)
{
    private int _steps;
    private long _visits;
    private ProcessUsage _usage;
    private (long Sent, long Received) _traffic;

    /// <summary>Cost per step in the last epoch; <see langword="null"/> if no step was done in this session.</summary>
    public EpochFigures? Figures { get; private set; }

    /// <summary>Starts measuring.</summary>
    /// <returns>Dispose at the end of the run.</returns>
    public IDisposable Follow(RunEvents events) => events.Subscribe(static e => e is EpochStarted or RoundCompleted or RoundsCompleted, Observe);

    private void Observe(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case EpochStarted:
                (_steps, _visits) = (0, 0);
                (_traffic, _usage) = (traffic(), ProcessUsage.Now);
                break;
            case RoundCompleted e:
                _steps++;
                _visits += e.Visits;
                break;
            case RoundsCompleted e when _steps > 0:
                Figures = Measure();
                measured(e.Epoch, Figures);
                break;
        }
    }

    private EpochFigures Measure()
    {
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
