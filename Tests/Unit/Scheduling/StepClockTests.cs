using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Scheduling;

public sealed class StepClockTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void Laps_go_where_they_are_marked_and_add_up_to_the_steps()
    {
        StepClock clock = Started();
        for (int step = 0; step < 2; step++)
        {
            Pass(3);
            clock.Lap(StepPart.Codec);
            Pass(5);
            clock.Lap(StepPart.OrchestratorCompute);
            Pass(2);
            clock.Lap(StepPart.Optimizer);
            Pass(1);
            clock.Lap(StepPart.Other);
        }

        StepBudget budget = clock.Mean(steps: 2);
        Assert.That(budget, Is.EqualTo(new StepBudget(0, 5, 3, 0, 2, 1)));
        Assert.That(budget.Total, Is.EqualTo(11));
    }

    [Test]
    public void A_wait_is_as_much_node_compute_as_its_longest_visit_and_the_rest_is_wire_and_wait()
    {
        StepClock clock = Started();
        Pass(10);
        clock.Visited(Work(2000));
        clock.Visited(Work(4000));
        clock.Visited(Work(1000));
        clock.Codec(Ticks(0.5));
        clock.Codec(Ticks(0.5));
        clock.Sum(Ticks(2));
        clock.LapVisits();
        Assert.That(clock.Mean(steps: 1), Is.EqualTo(new StepBudget(NodeCompute: 4, OrchestratorCompute: 2, Codec: 1, WireAndWait: 3, 0, 0)));
    }

    [Test]
    public void What_overlaps_is_counted_once_whatever_nodes_say(
        [Values(0, 3000, 9000, int.MaxValue)] int compute, [Values(0, 4, 50)] double sum, [Values(0, 4, 50)] double codec)
    {
        StepClock clock = Started();
        Pass(10);
        clock.Visited(Work(compute));
        clock.Sum(Ticks(sum));
        clock.Codec(Ticks(codec));
        clock.LapVisits();
        StepBudget budget = clock.Mean(steps: 1);
        Assert.That(budget.Total, Is.EqualTo(10).Within(1e-9));
        Assert.That(new[] { budget.NodeCompute, budget.OrchestratorCompute, budget.Codec, budget.WireAndWait }, Has.All.GreaterThanOrEqualTo(0));
        Assert.That(budget.NodeCompute, Is.EqualTo(Math.Min(compute / 1e3, 10)).Within(1e-9));
    }

    [Test]
    public void A_wait_starts_from_nothing_and_so_does_an_epoch()
    {
        StepClock clock = Started();
        Pass(1);
        clock.Visited(Work(5000));
        clock.Codec(Ticks(5));
        clock.Sum(Ticks(5));
        clock.LapVisits();
        Assert.That(clock.Mean(steps: 1), Is.EqualTo(new StepBudget(1, 0, 0, 0, 0, 0)));
        Pass(10);
        clock.LapVisits();
        Assert.That(clock.Mean(steps: 1).WireAndWait, Is.EqualTo(10));
        clock.Visited(Work(5000));
        clock.Restart();
        Pass(4);
        clock.LapVisits();
        Assert.That(clock.Mean(steps: 1), Is.EqualTo(new StepBudget(0, 0, 0, 4, 0, 0)));
    }

    private static long Ticks(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds).Ticks;

    private StepClock Started()
    {
        var clock = new StepClock(_time);
        clock.Restart();
        return clock;
    }

    private void Pass(double milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private static NodeWork Work(int computeMicroseconds) => new(NodeId: 1, WorkKind.Forward, Rows: 1, Begun: 0, computeMicroseconds);
}
