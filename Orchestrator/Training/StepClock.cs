using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// Attributes the time of steps to their parts. The step's thread marks consecutive laps, so that the parts add up to
/// the step. Visits overlap; the times that they report are deducted in turn from the next lap that waits for visits,
/// never more than remains of it.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class StepClock(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long[] _parts = new long[Enum.GetValues<StepPart>().Length];
    private readonly Lock _lock = new();
    private long _last;
    private int _longestCompute;
    private long _codec;
    private long _sum;

    /// <summary>The current timestamp, for <see cref="Codec"/> and <see cref="Sum"/>.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>The observer; <see langword="null"/> for none.</summary>
    public IStepObserver? Observer { get; set; }

    /// <summary>Resets all sums.</summary>
    public void Restart()
    {
        Array.Clear(_parts);
        _last = Now;
        lock (_lock)
        {
            ForgetVisits();
        }
    }

    /// <summary>Attributes the time since the last lap to a part.</summary>
    public void Lap(StepPart part)
    {
        long now = Now;
        _parts[(int)part] += now - _last;
        Observer?.Lapped(part, _last, now);
        _last = now;
    }

    /// <summary>Records a completed visit, or a phase of one. Thread-safe.</summary>
    /// <param name="work">The node's work.</param>
    public void Visited(in NodeWork work)
    {
        lock (_lock)
        {
            _longestCompute = Math.Max(_longestCompute, work.ComputeMicroseconds);
        }

        Observer?.Worked(work, Now);
    }

    /// <summary>Records time that the orchestrator spent encoding or decoding for a visit. Thread-safe.</summary>
    /// <param name="ticks">In ticks of the clock.</param>
    public void Codec(long ticks) => Interlocked.Add(ref _codec, ticks);

    /// <summary>
    /// Records time that the orchestrator spent computing for a visit, such as summing gradients. Thread-safe.
    /// </summary>
    /// <param name="ticks">In ticks of the clock.</param>
    public void Sum(long ticks) => Interlocked.Add(ref _sum, ticks);

    /// <summary>Attributes the time since the last lap to waiting for visits.</summary>
    public void LapVisits()
    {
        long now = Now;
        long left = now - _last;
        Observer?.Lapped(StepPart.WireAndWait, _last, now);
        _last = now;
        lock (_lock)
        {
            Take(StepPart.NodeCompute, (long)(_longestCompute * (_time.TimestampFrequency / 1e6)));
            Take(StepPart.OrchestratorCompute, _sum);
            Take(StepPart.Codec, _codec);
            Take(StepPart.WireAndWait, left);
            ForgetVisits();
        }

        void Take(StepPart part, long ticks)
        {
            long taken = Math.Min(ticks, left);
            _parts[(int)part] += taken;
            left -= taken;
        }
    }

    /// <summary>The mean over the given number of steps since <see cref="Restart"/>.</summary>
    public StepBudget Mean(int steps)
    {
        return new StepBudget(
            Milliseconds(StepPart.NodeCompute),
            Milliseconds(StepPart.OrchestratorCompute),
            Milliseconds(StepPart.Codec),
            Milliseconds(StepPart.WireAndWait),
            Milliseconds(StepPart.Optimizer),
            Milliseconds(StepPart.Other));

        double Milliseconds(StepPart part) => _parts[(int)part] * 1e3 / _time.TimestampFrequency / steps;
    }

    private void ForgetVisits() => (_longestCompute, _codec, _sum) = (0, 0, 0);
}
