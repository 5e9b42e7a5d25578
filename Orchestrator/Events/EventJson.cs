using System.Globalization;
using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Events;

/// <summary>An event as a JSON object, in <c>events.jsonl</c> and wherever else it goes (docs/reference/events.md lists them).</summary>
internal static class EventJson
{
    /// <summary>The object.</summary>
    public static JsonObject Of(RunEvent runEvent) => runEvent switch
    {
        RoundCompleted e => Of("round_completed", e, e.Outcome.Visits, e.Outcome.Rows, [("skipped_rows", e.Outcome.SkippedRows), ("train_loss", Mean(e.Outcome.LossSum, e.Outcome.Rows))]),
        AggregationCompleted e => Of("aggregation_completed", e, new JsonArray([.. e.Nodes.Select(n => (JsonNode)n)]), e.Rows, []),
        RunStarted e => Of("run_started", e, [("algorithm", e.Algorithm), ("epochs", e.Epochs), ("nodes", e.Nodes), ("step", e.Step)]),
        EpochCompleted e => OfEpoch(e),
        CheckpointSaved e => Of("checkpoint_saved", e, [("step", e.Step)]),
        NodeJoined e => Of("node_joined", e, [("node", e.NodeId), ("peer", e.Peer), ("samples", e.SampleCount)]),
        NodeLost e => Of("node_lost", e, [("node", e.NodeId), ("reason", e.Reason)]),
        NodeSlow e => Of("node_slow", e, [("node", e.NodeId), ("compute_ms", Math.Round(e.ComputeMilliseconds, 3)), ("median_ms", Math.Round(e.MedianMilliseconds, 3))]),
        DataDoubted e => Of("data_doubted", e, [("text", e.Text)]),
        RunCompleted e => Of("run_completed", e, [("stopped_by", e.StoppedBy), ("steps", e.Steps), ("params_sha256", e.Hash)]),
        RunFailed e => Of("run_failed", e, [("reason", e.Reason)]),
        _ => Of(runEvent.GetType().Name, runEvent, []),
    };

    private static JsonObject OfEpoch(EpochCompleted e)
    {
        (TrainingProgress progress, Evaluation? test, RunMeters meters) = (e.Progress, e.Evaluation, e.Meters);
        return Of(
            "epoch_completed",
            e,
            [
                ("epoch", progress.Epoch), ("steps", progress.Steps), ("rows", progress.Rows), ("skipped_rows", progress.SkippedRows),
                ("train_loss", Mean(progress.LossSum, progress.Rows)), ("test_loss", JsonNumber.Of(test?.Loss)), ("test_accuracy", JsonNumber.Of(test?.Accuracy)),
                ("test_macro_f1", JsonNumber.Of(test?.MacroF1)), ("test_auc", JsonNumber.Of(test?.Auc)),
                ("validation_loss", JsonNumber.Of(e.Validation?.Loss)), ("validation_accuracy", JsonNumber.Of(e.Validation?.Accuracy)), ("epoch_seconds", Math.Round(meters.EpochSeconds, 6)),
                ("seconds", Math.Round(meters.Seconds, 6)), ("sent_bytes", meters.SentBytes), ("received_bytes", meters.ReceivedBytes),
            ]);
    }

    private static JsonObject Of(string name, RoundEvent e, JsonNode nodes, long rows, (string Name, JsonNode? Value)[] more) =>
        Of(name, e, [("epoch", e.Round.Epoch), ("round", e.Round.Index), ("rounds", e.RoundsPerEpoch), ("nodes", nodes), ("rows", rows), .. more]);

    private static JsonObject Of(string name, RunEvent runEvent, (string Name, JsonNode? Value)[] fields)
    {
        var line = new JsonObject { ["event"] = name, ["time"] = runEvent.Time.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture) };
        foreach ((string field, JsonNode? value) in fields)
        {
            line[field] = value;
        }

        return line;
    }

    private static JsonNode? Mean(double sum, long rows) => rows == 0 ? null : JsonNumber.Of(sum / rows);
}
