using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// Says where the time of steps goes. The thread of the step marks laps, one behind the other, so that the parts add up to the step whatever
/// is between them. Visits overlap; what they report is taken from the next lap that waits for visits, in turn, never more than is left of it.
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

    /// <summary>Now, for <see cref="Codec"/> and <see cref="Sum"/>.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>Looks on; <see langword="null"/> for nobody.</summary>
    public IStepObserver? Observer { get; set; }

    /// <summary>Begins anew.</summary>
    public void Restart()
    {
        Array.Clear(_parts);
        _last = Now;
        lock (_lock)
        {
            ForgetVisits();
        }
    }

    /// <summary>What has passed since the last lap went into this.</summary>
    public void Lap(StepPart part)
    {
        long now = Now;
        _parts[(int)part] += now - _last;
        Observer?.Lapped(part, _last, now);
        _last = now;
    }

    /// <summary>A visit is done, or a phase of one. From any thread.</summary>
    /// <param name="work">What its node did.</param>
    public void Visited(in NodeWork work)
    {
        lock (_lock)
        {
            _longestCompute = Math.Max(_longestCompute, work.ComputeMicroseconds);
        }

        Observer?.Worked(work, Now);
    }

    /// <summary>The orchestrator has encoded or decoded for a visit. From any thread.</summary>
    /// <param name="ticks">For how long, in ticks of the clock.</param>
    public void Codec(long ticks) => Interlocked.Add(ref _codec, ticks);

    /// <summary>The orchestrator has computed for a visit, summed up gradients say. From any thread.</summary>
    /// <param name="ticks">For how long, in ticks of the clock.</param>
    public void Sum(long ticks) => Interlocked.Add(ref _sum, ticks);

    /// <summary>Since the last lap the step has waited for visits.</summary>
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

    /// <summary>The mean over so many steps since <see cref="Restart"/>.</summary>
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
