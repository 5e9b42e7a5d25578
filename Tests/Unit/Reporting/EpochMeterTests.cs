using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reporting;

public sealed class EpochMeterTests
{
    private readonly ManualTimeProvider _time = new();
    private (long Sent, long Received) _traffic = (1_000_000, 2_000_000);

    [Test]
    public void A_step_is_the_mean_of_the_epochs_steps_and_of_nothing_else()
    {
        var clock = new StepClock(_time);
        var events = new RunEvents();
        var logged = new List<(int Epoch, EpochFigures Figures)>();
        var meter = new EpochMeter(clock, () => _traffic, (epoch, measured) => logged.Add((epoch, measured)));
        using IDisposable measuring = meter.Follow(events);
        _time.Advance(TimeSpan.FromSeconds(9)); // Waiting for nodes, or the evaluation of the epoch before.
        events.Publish(new EpochStarted(TrainingProgress.Start, 4, 1));
        clock.Restart();
        foreach ((double milliseconds, int visits) in new[] { (1.0, 3), (2.0, 3), (3.0, 1), (2.0, 3) })
        {
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            clock.Lap(StepPart.OrchestratorCompute);
            _traffic = (_traffic.Sent + 100, _traffic.Received + 50);
            events.Publish(new RoundCompleted(new Round(1, 0), 4, new RoundOutcome(0, 0, 0, 0, visits)));
        }

        events.Publish(new RoundsCompleted(1));
        EpochFigures figures = meter.Figures!;
        Assert.That(logged, Is.EqualTo(new[] { (1, figures) }));
        Assert.That((figures.Steps, figures.Visits, figures.SentBytes, figures.ReceivedBytes), Is.EqualTo((4, 2.5, 100.0, 50.0)));
        Assert.That(figures.Budget, Is.EqualTo(new StepBudget(0, 2, 0, 0, 0, 0)));
        Assert.That(figures.AllocatedBytes, Is.GreaterThanOrEqualTo(0));
        Assert.That(figures.ProcessorMilliseconds, Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void Without_a_step_there_is_nothing_to_say()
    {
        var events = new RunEvents();
        var meter = new EpochMeter(new StepClock(_time), () => _traffic, static (_, _) => Assert.Fail("there is no step"));
        using IDisposable measuring = meter.Follow(events);
        events.Publish(new EpochStarted(TrainingProgress.Start, 4, 1));
        events.Publish(new RoundsCompleted(1));
        Assert.That(meter.Figures, Is.Null);
    }

    [Test]
    public void In_json_the_parts_add_up_to_the_step()
    {
        var figures = new EpochFigures(10, new StepBudget(1.25, 0.5, 0.25, 2, 0.75, 0.125), 3, 7, 8, 9, 0.5) { PeakMemoryBytes = ProcessUsage.PeakMemoryBytes };
        JsonNode json = JsonSerializer.SerializeToNode(figures, RecordJson.Line)!;
        Assert.That(json["step_budget_ms"]!.AsObject().Sum(p => p.Value!.GetValue<double>()), Is.EqualTo(json["step_ms"]!.GetValue<double>()));
        Assert.That(json["step_ms"]!.GetValue<double>(), Is.EqualTo(4.875));
        Assert.That(json["peak_memory_bytes"]!.GetValue<long>(), Is.GreaterThan(1_000_000));
    }
}
