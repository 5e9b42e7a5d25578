using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Monitoring;

public sealed class StepWatchTests
{
    private readonly ManualTimeProvider _time = new();
    private RunEvents _events = new();
    private readonly List<RunEvent> _seen = [];
    private readonly List<NodeSlow> _logged = [];

    [SetUp]
    public void Listen()
    {
        _seen.Clear();
        _logged.Clear();
        _events = new RunEvents();
        _events.Subscribe(static e => e is not RoundCompleted, _seen.Add);
    }

    [Test]
    public void Where_somebody_looks_a_round_is_traced_now_and_then()
    {
        var clock = new StepClock(_time);
        using StepWatch watch = Attach(clock, wantsTraces: true);
        clock.Restart();
        Round(clock, 0);
        Round(clock, 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        Round(clock, 2);
        Round(clock, 3);
        RoundTraced[] traces = [.. _seen.OfType<RoundTraced>()];
        Assert.That(traces.Select(t => t.Round.Index), Is.EqualTo((int[])[0, 3]), "the first, and the next one behind the interval");
        Assert.That(traces[1].Works, Is.EqualTo((WorkTrace[])[new(1, WorkKind.Forward, 20, 2, 5, 1), new(2, WorkKind.Forward, 10, 2, 5, 3)]));
        Assert.That(traces[1].Laps, Is.EqualTo((LapTrace[])[new(StepPart.Codec, 0, 2), new(StepPart.WireAndWait, 2, 5)]));
        Assert.That(traces[1].Budget.NodeCompute, Is.EqualTo(3).Within(1e-9), "the mean of the epoch so far");
    }

    [Test]
    public void Where_nobody_looks_none_is()
    {
        var clock = new StepClock(_time);
        using StepWatch watch = Attach(clock, wantsTraces: false);
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Round(clock, i);
        }

        Assert.That(_seen, Is.Empty);
        Assert.That(watch.SpeedOf(1).Visits, Is.EqualTo(5));
    }

    [Test]
    public void A_slow_node_is_logged_and_published_once()
    {
        var clock = new StepClock(_time);
        using StepWatch watch = Attach(clock, wantsTraces: false);
        for (int i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            Work(clock, 1, rows: 10, micros: 1_000);
            Work(clock, 2, rows: 10, micros: 10_000);
            _events.Publish(new RoundCompleted(new Round(1, i), 100, default));
        }

        Assert.That(_seen.OfType<NodeSlow>().Select(n => (n.NodeId, Math.Round(n.ComputeMilliseconds, 9), Math.Round(n.MedianMilliseconds, 9))), Is.EqualTo(new[] { (2, 10.0, 1.0) }));
        Assert.That(_logged, Has.Count.EqualTo(1));
        Assert.That((watch.SpeedOf(1).IsSlow, watch.SpeedOf(2).IsSlow), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_trace_of_very_many_visits_has_some_of_them_and_the_number_of_the_others()
    {
        var clock = new StepClock(_time);
        using StepWatch watch = StepWatch.Attach(clock, 1000, _events, new RunProbe { WantsTraces = true }, _logged.Add, _time);
        for (int node = 1; node <= 1000; node++)
        {
            Work(clock, node, rows: 1, micros: 10);
        }

        _events.Publish(new RoundCompleted(new Round(1, 0), 1, default));
        RoundTraced trace = _seen.OfType<RoundTraced>().Single();
        Assert.That((trace.Works.Count, trace.Untraced), Is.EqualTo((StepWatch.MaxTraced, 1000 - StepWatch.MaxTraced)));
    }

    private StepWatch Attach(StepClock clock, bool wantsTraces) =>
        StepWatch.Attach(clock, 2, _events, new RunProbe { WantsTraces = wantsTraces }, _logged.Add, _time);

    // Two milliseconds of encoding, three of waiting for two nodes.
    private void Round(StepClock clock, int index)
    {
        _time.Advance(TimeSpan.FromMilliseconds(2));
        clock.Lap(StepPart.Codec);
        long begun = clock.Now;
        _time.Advance(TimeSpan.FromMilliseconds(3));
        clock.Visited(new NodeWork(1, WorkKind.Forward, 20, begun, 1000));
        clock.Visited(new NodeWork(2, WorkKind.Forward, 10, begun, 3000));
        clock.LapVisits();
        _events.Publish(new RoundCompleted(new Round(1, index), 10, default));
    }

    private static void Work(StepClock clock, int node, int rows, int micros) => clock.Visited(new NodeWork(node, WorkKind.Forward, rows, clock.Now, micros));
}
