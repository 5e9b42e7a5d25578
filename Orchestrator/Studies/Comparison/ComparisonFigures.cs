using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Charts;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>The figures of a comparison for programs: a row for each run as CSV, runs and algorithms as JSON. Numbers with all their digits.</summary>
internal static class ComparisonFigures
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>compare.csv</c>: what does not apply is empty.</summary>
    public static string ToCsv(ComparisonResults results)
    {
        var table = new Table(
        [
            "algorithm", "repetition", "seed", "partition_seed", "folder", "status", .. Measure.All.Select(m => m.Name), "sent_bytes", "received_bytes", "seconds",
            "steps", "params_sha256", "max_rel_param_diff",
        ]);
        foreach (ComparedRun run in results.Runs)
        {
            FinishedRun? finished = run.Finished;
            table.Add(
            [
                run.Plan.Algorithm.ToString(), Text(run.Plan.Repetition), Text(run.Plan.Options.Seed), Text(run.Plan.Options.PartitionSeed), run.Plan.FolderName,
                finished is null ? "failed" : "complete",
                .. Measure.All.Select(m => finished is not null && finished.Measures.TryGetValue(m.Name, out double value) ? Text(value) : string.Empty),
                Text(finished?.SentBytes), Text(finished?.ReceivedBytes), Text(finished?.Seconds), Text(finished?.Steps), finished?.Hash ?? string.Empty,
                Text(run.ParameterDifference),
            ]);
        }

        return table.ToCsv();
    }

    /// <summary><c>compare.json</c>.</summary>
    /// <param name="results">Of the comparison.</param>
    /// <param name="command">The command that made it.</param>
    public static string ToJson(ComparisonResults results, string command) => new JsonObject
    {
        ["command"] = command,
        ["product"] = ProductInfo.Version,
        ["equal_bytes"] = results.EqualBytes,
        ["algorithms"] = new JsonArray([.. results.Algorithms.Select(a => OfAlgorithm(a, results))]),
        ["runs"] = new JsonArray([.. results.Runs.Select(OfRun)]),
    }.ToJsonString(Indented) + "\n";

    private static JsonNode OfAlgorithm(AlgorithmRuns algorithm, ComparisonResults results)
    {
        var node = new JsonObject
        {
            ["algorithm"] = algorithm.Algorithm.ToString(),
            ["runs"] = algorithm.Runs.Count,
            ["failed"] = algorithm.Runs.Count(r => r.Failure is not null),
        };
        foreach (Measure measure in results.Measures)
        {
            node[measure.Name] = algorithm.Of(measure)?.ToJson();
        }

        node["bytes"] = algorithm.Bytes?.ToJson();
        node["seconds"] = algorithm.Seconds?.ToJson();
        node["steps"] = algorithm.Steps?.ToJson();
        node["at_equal_bytes"] = results.EqualBytes is { } bytes && algorithm.At(bytes) is { } points ? OfPoints(points, results.Measures) : null;
        node["difference_from_centralized"] = algorithm.MeasureDifference?.ToJson();
        node["max_rel_param_diff"] = algorithm.ParameterDifference;
        node["equals_centralized"] = CentralizedEquality.Holds(algorithm);
        return node;
    }

    private static JsonObject OfPoints(IReadOnlyList<EpochPoint> points, IReadOnlyList<Measure> measures)
    {
        var node = new JsonObject { ["epochs"] = Statistic.Of(points.Select(p => (double)p.Epoch))?.ToJson() };
        foreach (Measure measure in measures)
        {
            node[measure.Name] = ComparisonTables.MeasureAt(points, measure)?.ToJson();
        }

        return node;
    }

    private static JsonNode OfRun(ComparedRun run)
    {
        var node = new JsonObject
        {
            ["algorithm"] = run.Plan.Algorithm.ToString(),
            ["repetition"] = run.Plan.Repetition,
            ["seed"] = run.Plan.Options.Seed,
            ["partition_seed"] = run.Plan.Options.PartitionSeed,
            ["folder"] = run.Plan.FolderName,
            ["command"] = ComparisonCommands.Orchestrator(run.Plan),
            ["node_command"] = run.Plan.HasNodes ? ComparisonCommands.Node(run.Plan) : null,
            ["failure"] = run.Failure,
        };
        if (run.Finished is { } finished)
        {
            foreach (Measure measure in Measure.All)
            {
                node[measure.Name] = finished.Measures.TryGetValue(measure.Name, out double value) ? value : null;
            }

            node["sent_bytes"] = finished.SentBytes;
            node["received_bytes"] = finished.ReceivedBytes;
            node["seconds"] = finished.Seconds;
            node["steps"] = finished.Steps;
            node["params_sha256"] = finished.Hash;
            node["max_rel_param_diff"] = run.ParameterDifference;
        }

        return node;
    }

    private static string Text(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture) ?? string.Empty;
}
