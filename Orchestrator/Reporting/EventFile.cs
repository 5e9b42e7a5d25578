using System.Globalization;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>
/// Writes <c>events.jsonl</c>: a JSON object on a line for each event of a run. Of an epoch's rounds at most <see cref="MaxRounds"/> have a line, at
/// even distances and the last among them: all of those of federated averaging, few of the thousands of batches of traversal learning. Which they
/// are depends on the rounds alone, not on time.
/// </summary>
internal sealed class EventFile : IDisposable
{
    /// <summary>The most rounds of an epoch that have a line.</summary>
    public const int MaxRounds = 100;

    private readonly AppendedFile _file;

    private EventFile(AppendedFile file) => _file = file;

    /// <summary>Opens the file; a run that goes on adds to what is there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static EventFile Open(string path) => new(AppendedFile.Open(path, FileMode.OpenOrCreate));

    /// <summary>Whether an event has a line.</summary>
    public static bool Takes(RunEvent runEvent)
    {
        if (runEvent is not RoundEvent { Round.Index: var index, RoundsPerEpoch: var count })
        {
            return true;
        }

        int distance = (count + MaxRounds - 1) / MaxRounds;
        return (index + 1) % distance == 0 || index + 1 == count;
    }

    /// <summary>Adds an event. Rounds reach the file with the next event that is none.</summary>
    /// <exception cref="IOException">The file takes no more; the next call tries again.</exception>
    public void Write(RunEvent runEvent)
    {
        _file.Add(Describe(runEvent).ToJsonString());
        if (runEvent is not RoundEvent)
        {
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _file.Flush();
        }
        catch (IOException)
        {
            // Has been reported as often as there was an event.
        }

        _file.Dispose();
    }

    private static JsonObject Describe(RunEvent runEvent) => runEvent switch
    {
        RoundCompleted e => Of("round_completed", e, e.Round, e.Outcome.Visits, e.Outcome.Rows, [("skipped_rows", e.Outcome.SkippedRows), ("train_loss", Mean(e.Outcome.LossSum, e.Outcome.Rows))]),
        AggregationCompleted e => Of("aggregation_completed", e, e.Round, new JsonArray([.. e.Nodes.Select(n => (JsonNode)n)]), e.Rows, []),
        EpochCompleted e => OfEpoch(e),
        NodeJoined e => Of("node_joined", e, [("node", e.NodeId), ("peer", e.Peer), ("samples", e.SampleCount)]),
        NodeLost e => Of("node_lost", e, [("node", e.NodeId), ("reason", e.Reason)]),
        _ => Of(runEvent.GetType().Name, runEvent, []),
    };

    private static JsonObject OfEpoch(EpochCompleted e)
    {
        (TrainingProgress progress, Evaluation evaluation, RunMeters meters) = (e.Progress, e.Evaluation, e.Meters);
        return Of(
            "epoch_completed",
            e,
            [
                ("epoch", progress.Epoch), ("steps", progress.Steps), ("rows", progress.Rows), ("skipped_rows", progress.SkippedRows),
                ("train_loss", Mean(progress.LossSum, progress.Rows)), ("test_loss", Number(evaluation.Loss)), ("test_accuracy", Number(evaluation.Accuracy)),
                ("test_macro_f1", Number(evaluation.MacroF1)), ("test_auc", Number(evaluation.Auc)), ("epoch_seconds", Math.Round(meters.EpochSeconds, 6)),
                ("seconds", Math.Round(meters.Seconds, 6)), ("sent_bytes", meters.SentBytes), ("received_bytes", meters.ReceivedBytes),
            ]);
    }

    private static JsonObject Of(string name, RunEvent runEvent, Round round, JsonNode nodes, long rows, (string Name, JsonNode? Value)[] more) =>
        Of(name, runEvent, [("epoch", round.Epoch), ("round", round.Index), ("nodes", nodes), ("rows", rows), .. more]);

    private static JsonObject Of(string name, RunEvent runEvent, (string Name, JsonNode? Value)[] fields)
    {
        var line = new JsonObject { ["event"] = name, ["time"] = runEvent.Time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture) };
        foreach ((string field, JsonNode? value) in fields)
        {
            line[field] = value;
        }

        return line;
    }

    private static JsonNode? Mean(double sum, long rows) => rows == 0 ? null : Number(sum / rows);

    // JSON has no NaN and no infinity.
    private static JsonNode? Number(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
