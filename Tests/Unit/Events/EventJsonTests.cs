using System.Text.Json;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Tests.Unit.Events;

public sealed class EventJsonTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly RunEvent[] Events =
    [
        new RunStarted("tl", Epochs: 2, Nodes: 3, Step: 4),
        new NodeJoined(1, "127.0.0.1:5", SampleCount: 6),
        new NodeLost(2, "cut\nin <two>"),
        new NodeSlow(3, ComputeMilliseconds: 9.1234, MedianMilliseconds: 1),
        new DataDoubted("large"),
        new AggregationCompleted(new Round(1, 0), RoundsPerEpoch: 2, Nodes: [1, 2], Rows: 7),
        new RoundCompleted(new Round(1, 1), RoundsPerEpoch: 2, new RoundOutcome(LossSum: 6, Hits: 2, Rows: 4, SkippedRows: 1, Visits: 3)),
        new EpochCompleted(
            TrainingProgress.Start.After(new RoundOutcome(LossSum: 6, Hits: 2, Rows: 4, SkippedRows: 1, Visits: 3)),
            new Evaluation(0.5, 0.75, MacroF1: double.NaN, Auc: 0.25),
            new RunMeters(EpochSeconds: 1.5, Seconds: 2.12345678, SentBytes: 10, ReceivedBytes: 20),
            new Validation(LossSum: 3, Hits: 1, Rows: 2) { HasClasses = true }),
        new CheckpointSaved(2, "/somewhere"),
        new RunCompleted(StoppedBy: null, Steps: 2, Hash: "abc"),
        new RunFailed("full"),
    ];

    // The format of the file (docs/reference/events.md).
    private static readonly string[] Lines =
    [
        """{"event":"run_started","time":"2026-01-02T03:04:05.006000Z","algorithm":"tl","epochs":2,"nodes":3,"step":4}""",
        """{"event":"node_joined","time":"2026-01-02T03:04:05.006000Z","node":1,"peer":"127.0.0.1:5","samples":6}""",
        """{"event":"node_lost","time":"2026-01-02T03:04:05.006000Z","node":2,"reason":"cut\nin \u003Ctwo\u003E"}""",
        """{"event":"node_slow","time":"2026-01-02T03:04:05.006000Z","node":3,"compute_ms":9.123,"median_ms":1}""",
        """{"event":"data_doubted","time":"2026-01-02T03:04:05.006000Z","text":"large"}""",
        """{"event":"aggregation_completed","time":"2026-01-02T03:04:05.006000Z","epoch":1,"round":0,"rounds":2,"nodes":[1,2],"rows":7}""",
        """{"event":"round_completed","time":"2026-01-02T03:04:05.006000Z","epoch":1,"round":1,"rounds":2,"nodes":3,"rows":4,"skipped_rows":1,"train_loss":1.5}""",
        """{"event":"epoch_completed","time":"2026-01-02T03:04:05.006000Z","epoch":1,"steps":1,"rows":4,"skipped_rows":1,"train_loss":1.5,"""
            + """
              "test_loss":0.5,"test_accuracy":0.75,"test_macro_f1":null,"test_auc":0.25,"validation_loss":1.5,"validation_accuracy":0.5,"epoch_seconds":1.5,
              """
            + """
              "seconds":2.123457,"sent_bytes":10,"received_bytes":20}
              """,
        """{"event":"checkpoint_saved","time":"2026-01-02T03:04:05.006000Z","step":2}""",
        """{"event":"run_completed","time":"2026-01-02T03:04:05.006000Z","stopped_by":null,"steps":2,"params_sha256":"abc"}""",
        """{"event":"run_failed","time":"2026-01-02T03:04:05.006000Z","reason":"full"}""",
    ];

    [Test]
    public void Every_event_has_its_line()
    {
        foreach (RunEvent each in Events)
        {
            each.Time = Time;
        }

        Assert.That(Events.Select(EventJson.Write), Is.EqualTo(Lines));
    }

    [Test]
    public void What_was_read_is_written_the_same()
    {
        RunEvent[] read = [.. Lines.Select(EventJson.Read)];
        Assert.That(read.Select(e => e.GetType()), Is.EqualTo(Events.Select(e => e.GetType())));
        Assert.That(read.Select(EventJson.Write), Is.EqualTo(Lines));
    }

    [Test]
    public void Rounds_without_a_loss_that_is_a_number_have_none()
    {
        var empty = new RoundCompleted(new Round(1, 0), 1, default);
        var diverged = new RoundCompleted(new Round(1, 0), 1, new RoundOutcome(double.NaN, 0, Rows: 4, 0, 1));
        foreach (RoundCompleted each in new[] { empty, diverged })
        {
            string line = EventJson.Write(each);
            Assert.That(line, Does.EndWith("\"train_loss\":null}"));
            Assert.That(EventJson.Write(EventJson.Read(line)), Is.EqualTo(line));
        }
    }

    [Test]
    public void An_event_of_another_version_is_one_with_its_time() =>
        Assert.That(EventJson.Read("""{"time":"2026-01-02T03:04:05.006Z","more":1,"event":"comet"}"""), Is.EqualTo(new RunEvent { Time = Time }));

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[1]")]
    [TestCase("{}")]
    [TestCase("""{"time":"2026-01-02T03:04:05.006Z"}""")]
    [TestCase("""{"event":"node_lost","node":1}""")]
    [TestCase("""{"event":"node_lost","time":5}""")]
    [TestCase("""{"event":5,"time":"2026-01-02T03:04:05.006Z"}""")]
    public void What_is_no_event_is_refused(string line) => Assert.That(() => EventJson.Read(line), Throws.InstanceOf<JsonException>());

    [Test]
    public void Every_kind_of_event_is_among_them() =>
        Assert.That(
            typeof(RunEvent).Assembly.GetTypes().Where(t => t is { IsSealed: true } && t.IsSubclassOf(typeof(RunEvent))).Except([typeof(EpochStarted), typeof(RoundsCompleted), typeof(RoundTraced)]),
            Is.EquivalentTo(Events.Select(e => e.GetType())));
}
