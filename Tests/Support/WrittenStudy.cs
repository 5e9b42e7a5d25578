using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Tests.Support;

/// <summary>The folder of a study whose runs nobody did: what they would have left is written here, to be reported.</summary>
internal sealed class WrittenStudy : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<StudyRow> _rows = [];

    /// <summary>The folder.</summary>
    public string Path => _folder.Path;

    /// <summary>The path of a file within it.</summary>
    public string this[params string[] names] => _folder[names];

    /// <summary>Its runs.</summary>
    public IReadOnlyList<StudyRow> Rows => _rows;

    /// <summary>Adds a run that has ended well.</summary>
    /// <param name="name">Its folder's name under <c>runs/</c>.</param>
    /// <param name="settings">What sets it apart.</param>
    /// <param name="repetition">From 1; also its seed.</param>
    /// <param name="accuracies">After each epoch.</param>
    public StudyRow AddDone(string name, (string Key, string Value)[] settings, int repetition, params double[] accuracies)
    {
        WriteMetrics(name, accuracies);
        WriteEvents(name, "run_completed", "\"stopped_by\":null,\"steps\":4,\"params_sha256\":\"h\"");
        Write(name, "run.json", Summary(name, repetition, accuracies).ToJsonString());
        Write(name, "partition.json", """{"dataset":"digits","partition":"iid","seed":1,"classes":[0,1],"counts":[[3,4],[5,0]]}""");
        return Add(name, settings, repetition, StudyRunState.Done);
    }

    /// <summary>Adds a run in another state, of which these epochs are known.</summary>
    public StudyRow Add(string name, (string Key, string Value)[] settings, int repetition, StudyRunState state, string? failure = null, params double[] accuracies)
    {
        if (accuracies.Length > 0)
        {
            WriteMetrics(name, accuracies);
        }

        var run = new StudyRun(name, settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal), repetition, ["--num_nodes", "2", "--seed", Text(repetition)]);
        var row = new StudyRow(run, state) { Folder = _folder["runs", name], Attempts = failure is null ? 1 : 3, Failure = failure, Worker = state == StudyRunState.Queued ? null : "here-1" };
        _rows.Add(row);
        return row;
    }

    /// <summary>Writes a file into a run's folder.</summary>
    public void Write(string run, string file, string text) => _folder.Write(System.IO.Path.Combine("runs", run, file), Encoding.UTF8.GetBytes(text));

    /// <summary>Writes the events of a run: it began, and ended so.</summary>
    public void WriteEvents(string run, string last, string fields) => Write(
        run,
        "events.jsonl",
        "{\"event\":\"node_joined\",\"time\":\"2026-01-02T03:04:04.000006Z\",\"node\":1}\n"
            + "{\"event\":\"run_started\",\"time\":\"2026-01-02T03:04:05.000006Z\",\"step\":0}\n"
            + "{\"event\":\"node_lost\",\"time\":\"2026-01-02T03:04:06.000006Z\",\"node\":2,\"reason\":\"the <cable> was pulled\"}\n"
            + $"{{\"event\":\"{last}\",\"time\":\"2026-01-02T03:04:07.000006Z\",{fields}}}\n");

    /// <summary>Writes the report.</summary>
    /// <returns>The page's path.</returns>
    public string Report(string name = "example") => StudyReport.Write(Path, name, $"experiment {name}.yaml", _rows);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private void WriteMetrics(string run, double[] accuracies) => Write(
        run,
        "metrics.csv",
        "scope,epoch,batch,step,train_loss,test_loss,test_accuracy,lr,seconds,sent_bytes,received_bytes\n"
            + string.Concat(accuracies.Select((a, i) => string.Create(
                CultureInfo.InvariantCulture, $"epoch,{i + 1},,{2 * (i + 1)},{1.1 - a},{1 - a},{a},0.1,{0.5 + (0.125 * i)},{1_000_001 * (i + 1)},{2_000_003 * (i + 1)}\n"))));

    private static JsonObject Summary(string name, int seed, double[] accuracies) => new()
    {
        ["algorithm"] = "tl",
        ["arguments"] = new JsonArray("--name", name),
        ["options"] = new JsonObject { ["num_nodes"] = 2, ["epochs"] = accuracies.Length, ["seed"] = seed, ["dtype"] = "float64", ["model"] = new JsonObject { ["name"] = "mlp" }, ["dataset"] = "digits" },
        ["options_digest"] = "d1",
        ["versions"] = new JsonObject { ["product"] = "1.2.3", ["runtime"] = ".NET 10.0.0", ["torch"] = "TorchSharp 0.107.0", ["libtorch"] = "2.10.0.0" },
        ["result"] = new JsonObject
        {
            ["accuracy"] = accuracies[^1], ["loss"] = 1 - accuracies[^1], ["epochs"] = accuracies.Length, ["steps"] = 2 * accuracies.Length, ["params_sha256"] = $"abc{seed}def",
            ["lossy"] = false, ["skipped_rows"] = 0, ["seconds"] = 1.25 * seed, ["total_seconds"] = 2.5 * seed,
            ["sent_bytes"] = 1_000_001L * accuracies.Length, ["received_bytes"] = 2_000_003L * accuracies.Length,
        },
        ["nodes"] = new JsonArray(
            new JsonObject { ["id"] = 1, ["samples"] = 7, ["metadata"] = new JsonObject { ["site"] = "Bern" } },
            new JsonObject { ["id"] = 2, ["samples"] = 5, ["metadata"] = new JsonObject() }),
        ["performance"] = new JsonObject { ["steps"] = 2, ["step_ms"] = 3.75, ["step_budget_ms"] = new JsonObject { ["other"] = 0.25 } },
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
