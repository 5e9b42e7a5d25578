using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Observes the steps of a run: detects slow nodes and, on request, traces a whole round now and then. For other rounds
/// it keeps only sums.
/// </summary>
internal sealed class StepWatch : IStepObserver, IDisposable
{
    /// <summary>Maximum number of work items in a trace; the rest are only counted.</summary>
    public const int MaxTraced = 256;

    private static readonly TimeSpan TraceInterval = TimeSpan.FromMilliseconds(500);

    private readonly StepClock _clock;
    private readonly RunEvents _events;
    private readonly RunProbe _probe;
    private readonly Action<NodeSlow> _slow;
    private readonly TimeProvider _time;
    private readonly TimeSpan _judgeInterval;
    private readonly NodeSpeeds _speeds;
    private readonly Lock _lock = new();
    private Trace? _trace;
    private long _lastTrace;
    private long _lastJudgement;
    private int _epoch;
    private int _steps;
    private IDisposable? _watching;

    private StepWatch(StepClock clock, int nodes, RunEvents events, RunProbe probe, Action<NodeSlow> slow, TimeProvider time)
    {
        (_clock, _events, _probe, _slow, _time) = (clock, events, probe, slow, time);
        _speeds = new NodeSpeeds(nodes);

        // Keeps the cost of sorting far below the time of the steps in between.
        _judgeInterval = TimeSpan.FromSeconds(1) + (nodes * TimeSpan.FromMicroseconds(100));
        _lastJudgement = time.GetTimestamp();
        _trace = probe.WantsTraces ? new Trace(time) : null;
        _lastTrace = _lastJudgement;
    }

    /// <summary>Attaches an observer, starting with the first round.</summary>
    /// <param name="clock">The step clock; its ticks are those of <paramref name="time"/>.</param>
    /// <param name="nodes">Number of nodes.</param>
    /// <param name="events">Source of round events; receives traces and slow nodes.</param>
    /// <param name="probe">Tells whether traces are wanted, and exposes the nodes' speeds.</param>
    /// <param name="slow">Called for slow nodes, for the log.</param>
    /// <param name="time">The clock.</param>
    public static StepWatch Attach(StepClock clock, int nodes, RunEvents events, RunProbe probe, Action<NodeSlow> slow, TimeProvider? time = null)
    {
        var watch = new StepWatch(clock, nodes, events, probe, slow, time ?? TimeProvider.System);
        clock.Observer = watch;
        probe.SpeedOf = watch.SpeedOf;
        watch._watching = events.Subscribe(static e => e is RoundCompleted, watch.RoundCompleted);
        return watch;
    }

    /// <summary>The measured speed of a node; thread-safe.</summary>
    public NodeSpeed SpeedOf(int nodeId)
    {
        lock (_lock)
        {
            return _speeds[nodeId];
        }
    }

    /// <inheritdoc/>
    public void Worked(in NodeWork work, long now)
    {
        lock (_lock)
        {
            _speeds.Add(work, _time.GetElapsedTime(work.Begun, now));
            _trace?.Add(work, now);
        }
    }

    /// <inheritdoc/>
    public void Lapped(StepPart part, long begun, long ended)
    {
        // Only the step's thread, which calls this, starts and ends a trace.
        if (_trace is not null)
        {
            lock (_lock)
            {
                _trace.Add(part, begun, ended);
            }
        }
    }

    /// <summary>Stops observing.</summary>
    public void Dispose() => _watching?.Dispose();

    // Called by the step's thread.
    private void RoundCompleted(RunEvent runEvent)
    {
        var completed = (RoundCompleted)runEvent;
        _steps = completed.Epoch == _epoch ? _steps + 1 : 1;
        _epoch = completed.Epoch;
        long now = _time.GetTimestamp();
        if (_trace is { } done)
        {
            lock (_lock)
            {
                _trace = null;
            }

            _events.Publish(done.Of(completed.Round, completed.RoundsPerEpoch, _clock.Mean(_steps)));
            _lastTrace = now;
        }
        else if (_probe.WantsTraces && _time.GetElapsedTime(_lastTrace, now) >= TraceInterval)
        {
            lock (_lock)
            {
                _trace = new Trace(_time);
            }
        }

        if (_time.GetElapsedTime(_lastJudgement, now) >= _judgeInterval)
        {
            _lastJudgement = now;
            Judge();
        }
    }

    private void Judge()
    {
        NodeSlow[] slow;
        lock (_lock)
        {
            slow = [.. _speeds.Judge().Select(s => new NodeSlow(s.NodeId, s.Milliseconds, s.MedianMilliseconds))];
        }

        foreach (NodeSlow node in slow)
        {
            _slow(node);
            _events.Publish(node);
        }
    }

    /// <summary>A round being traced.</summary>
    private sealed class Trace(TimeProvider time)
    {
        private readonly long _origin = time.GetTimestamp();
        private readonly List<WorkTrace> _works = [];
        private readonly List<LapTrace> _laps = [];
        private int _untraced;

        public void Add(in NodeWork work, long now)
        {
            if (_works.Count < MaxTraced)
            {
                _works.Add(new WorkTrace(work.NodeId, work.Kind, work.Rows, Milliseconds(work.Begun), Milliseconds(now), work.ComputeMicroseconds / 1e3));
            }
            else
            {
                _untraced++;
            }
        }

        public void Add(StepPart part, long begun, long ended)
        {
            if (ended > begun && _laps.Count < MaxTraced)
            {
                _laps.Add(new LapTrace(part, Milliseconds(begun), Milliseconds(ended)));
            }
        }

        public RoundTraced Of(Round round, int roundsPerEpoch, StepBudget budget) => new(round, roundsPerEpoch, _works, _untraced, _laps, budget);

        private double Milliseconds(long timestamp) => Math.Max(0, time.GetElapsedTime(_origin, timestamp).TotalMilliseconds);
    }
}
