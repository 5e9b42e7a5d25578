using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary><c>results.json</c>: the same figures as <c>results.csv</c>, with their structure.</summary>
internal static class ResultsJson
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file's content.</summary>
    public static string Of(Report report)
    {
        var options = new RunOptionsTable(report.Runs);
        return new JsonObject
        {
            ["format"] = Format,
            ["written_by"] = ProductInfo.Version,
            ["measures"] = Array(report.Measures, m => m.Name),
            ["equal_bytes"] = report.EqualBytes,
            ["options"] = Texts(options.Shared),
            ["studies"] = Array(report.Studies, s => OfStudy(report, s, options)),
            ["differences"] = Array(report.Pairs, p => new JsonObject
            {
                ["settings"] = Texts(p.First.Settings.Select(s => (s.Key, s.Value))),
                ["second_less_first"] = Numbers(RunNumbers.Columns.Where(c => p.Difference(c) is not null).Select(c => KeyValuePair.Create(c, p.Difference(c)!.Value))),
            }),
        }.ToJsonString(Indented) + "\n";
    }

    private static JsonObject OfStudy(Report report, ReportedStudy study, RunOptionsTable options) => new()
    {
        ["name"] = study.Name,
        ["command"] = study.Command,
        ["under_way"] = study.IsUnderWay,
        ["begun"] = study.Begun,
        ["ended"] = study.Ended,
        ["states"] = new JsonObject(study.States.Select(s => KeyValuePair.Create(s.State.ToWord(), (JsonNode?)s.Count))),
        ["groups"] = Array(study.Groups, g => OfGroup(report, g)),
        ["runs"] = Array(study.Runs, r => OfRun(r, options)),
    };

    private static JsonObject OfGroup(Report report, RunGroup group) => new()
    {
        ["label"] = group.Label,
        ["settings"] = Texts(group.Settings.Select(s => (s.Key, s.Value))),
        ["runs"] = group.Runs.Count,
        ["done"] = group.Done.Count,
        ["result"] = Statistics(group.Numbers),
        ["at_equal_bytes"] = report.EqualBytes is { } bytes && group.At(bytes) is { } numbers ? Statistics(numbers) : null,
        ["equals_centralized"] = CentralizedEquality.Holds(group),
        ["curve"] = Array(group.Curve, p => new JsonObject([KeyValuePair.Create("epoch", (JsonNode?)p.Epoch), .. Statistics(p.Numbers).Select(n => KeyValuePair.Create(n.Key, n.Value?.DeepClone()))])),
    };

    private static JsonObject OfRun(ReportedRun run, RunOptionsTable options) => new()
    {
        ["name"] = run.Name,
        ["settings"] = Texts(run.Settings.Select(s => (s.Key, s.Value))),
        ["repetition"] = run.Repetition,
        ["state"] = run.State.ToWord(),
        ["stopped_by"] = run.StoppedBy,
        ["attempts"] = run.Attempts,
        ["worker"] = run.Worker,
        ["failure"] = run.Failure,
        ["algorithm"] = run.Part("algorithm")?.DeepClone(),
        ["options"] = options.Knows(run) ? Texts(options.Differing.Select(name => (name, options.Of(run, name)))) : null,
        ["begun"] = run.Trace.Begun,
        ["ended"] = run.Trace.Ended,
        ["result"] = Numbers(run.Numbers),
        ["params_sha256"] = run.Finished?.Hash,
        ["lossy"] = run.Part("result")?["lossy"]?.DeepClone(),
        ["options_digest"] = run.Finished?.OptionsDigest,
        ["versions"] = run.Part("versions")?.DeepClone(),
        ["command"] = run.Command,
        ["node_command"] = run.NodeCommand,
        ["data"] = run.Data is { } data ? JsonNode.Parse(data.ToJson()) : null,
        ["nodes"] = run.Part("nodes")?.DeepClone(),
        ["performance"] = run.Part("performance")?.DeepClone(),
        ["faults"] = Array(run.Faults, f => new JsonObject { ["kind"] = f.Kind, ["time"] = f.Time.Length > 0 ? f.Time : null, ["text"] = f.Text }),
        ["curve"] = Array(run.Curve, p => new JsonObject([KeyValuePair.Create("epoch", (JsonNode?)p.Epoch), .. Numbers(RunNumbers.Of(p)).Select(n => KeyValuePair.Create(n.Key, n.Value?.DeepClone()))])),
    };

    private static JsonObject Statistics(IReadOnlyDictionary<string, Statistic> numbers) => new(numbers.Select(n => KeyValuePair.Create(n.Key, (JsonNode?)n.Value.ToJson())));

    private static JsonObject Numbers(IEnumerable<KeyValuePair<string, double>> numbers) => new(numbers.Select(n => KeyValuePair.Create(n.Key, (JsonNode?)JsonNumber.Of(n.Value))));

    private static JsonObject Texts(IEnumerable<(string Name, string Value)> texts) => new(texts.Select(t => KeyValuePair.Create(t.Name, (JsonNode?)t.Value)));

    private static JsonArray Array<T>(IEnumerable<T> values, Func<T, JsonNode?> convert) => new([.. values.Select(convert)]);
}
