using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The cost of a step in a run: <c>performance</c> of <c>run.json</c>.</summary>
internal static class PerformanceFigures
{
    /// <summary>Names and numbers, nested ones as <c>part.name</c>; empty if the run measured none.</summary>
    public static IEnumerable<(string Name, double Value)> Of(ReportedRun run) => Within(JsonSerializer.SerializeToNode(run.Record?.Performance, RecordJson.Line), string.Empty);

    private static IEnumerable<(string Name, double Value)> Within(JsonNode? node, string name) => node switch
    {
        JsonObject part => part.SelectMany(p => Within(p.Value, name.Length == 0 ? p.Key : $"{name}.{p.Key}")),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => [(name, value.GetValue<double>())],
        _ => [],
    };
}
