using System.Text.Json;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reporting;

public sealed class EventFileTests
{
    private static readonly RoundOutcome Outcome = new(LossSum: 6, Hits: 2, Rows: 4, SkippedRows: 1, Visits: 3);

    [TestCase(1, 1)]
    [TestCase(100, 100)]
    [TestCase(101, 51)]
    [TestCase(938, 94)]
    [TestCase(100_000, 100)]
    public void Of_an_epochs_rounds_so_many_have_a_line_and_the_last_among_them(int rounds, int lines)
    {
        int[] taken = [.. Enumerable.Range(0, rounds).Where(i => EventFile.Takes(new RoundCompleted(new Round(1, i), rounds, Outcome)))];
        Assert.That(taken, Has.Length.EqualTo(lines));
        Assert.That(taken[^1], Is.EqualTo(rounds - 1));
        Assert.That(EventFile.Takes(new AggregationCompleted(new Round(1, 0), rounds, [1], 4)), Is.EqualTo(taken[0] == 0), "aggregations alike");
    }

    [Test]
    public void Every_event_is_a_json_object_on_a_line_with_its_figures()
    {
        using var folder = new TempFolder();
        JsonElement[] lines = Write(
            folder["events.jsonl"],
            new NodeJoined(2, "127.0.0.1:5", 50),
            new AggregationCompleted(new Round(1, 0), 1, [1, 2], 100),
            new RoundCompleted(new Round(1, 0), 1, Outcome),
            new EpochCompleted(
                TrainingProgress.Start.After(Outcome), new Evaluation(0.5, 0.75, MacroF1: double.NaN, Auc: null), new RunMeters(1.5, 2.5, 10, 20)),
            new NodeLost(2, "cut\nin two"));
        Assert.That(
            lines.Select(l => l.GetProperty("event").GetString()),
            Is.EqualTo((string[])["node_joined", "aggregation_completed", "round_completed", "epoch_completed", "node_lost"]));
        Assert.That(lines.Select(l => l.GetProperty("time").GetDateTimeOffset().Offset), Has.All.EqualTo(TimeSpan.Zero));
        Assert.That(lines[1].GetProperty("nodes").EnumerateArray().Select(n => n.GetInt32()), Is.EqualTo((int[])[1, 2]));
        Assert.That((lines[2].GetProperty("nodes").GetInt32(), lines[2].GetProperty("train_loss").GetDouble()), Is.EqualTo((3, 1.5)));
        Assert.That((lines[3].GetProperty("test_accuracy").GetDouble(), lines[3].GetProperty("received_bytes").GetInt64()), Is.EqualTo((0.75, 20L)));
        Assert.That(lines[3].GetProperty("test_macro_f1").ValueKind, Is.EqualTo(JsonValueKind.Null), "JSON has no NaN");
        Assert.That(lines[4].GetProperty("reason").GetString(), Is.EqualTo("cut\nin two"));
    }

    [Test]
    public void A_run_that_goes_on_adds_to_what_is_there()
    {
        using var folder = new TempFolder();
        Write(folder["events.jsonl"], new NodeLost(1, "cut"));
        Assert.That(Write(folder["events.jsonl"], new NodeLost(2, "cut")).Select(l => l.GetProperty("node").GetInt32()), Is.EqualTo((int[])[1, 2]));
    }

    private static JsonElement[] Write(string path, params RunEvent[] events)
    {
        using (var file = EventFile.Open(path))
        {
            foreach (RunEvent runEvent in events)
            {
                file.Write(runEvent);
            }
        }

        return [.. File.ReadAllLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
