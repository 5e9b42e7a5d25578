using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>A traced round for the page. Times are in milliseconds.</summary>
internal static class TraceJson
{
    /// <summary>For the page.</summary>
    public static JsonObject Of(RoundTraced trace) => new()
    {
        ["epoch"] = trace.Round.Epoch,
        ["round"] = trace.Round.Index + 1,
        ["untraced"] = trace.Untraced,
        ["works"] = new JsonArray([.. trace.Works.Select(w => (JsonNode)new JsonObject
        {
            ["node"] = w.NodeId,
            ["kind"] = w.Kind.ToString().ToLowerInvariant(),
            ["rows"] = w.Rows,
            ["begun"] = Figures.Number(w.Begun, 3),
            ["ended"] = Figures.Number(w.Ended, 3),
            ["compute"] = Figures.Number(w.Compute, 3),
        })]),
        ["laps"] = new JsonArray([.. trace.Laps.Select(l => (JsonNode)new JsonObject
        {
            ["part"] = Name(l.Part),
            ["begun"] = Figures.Number(l.Begun, 3),
            ["ended"] = Figures.Number(l.Ended, 3),
        })]),
        ["budget"] = Of(trace.Budget),
    };

    private static JsonObject Of(StepBudget budget) => new()
    {
        [Name(StepPart.NodeCompute)] = Figures.Number(budget.NodeCompute, 4),
        [Name(StepPart.OrchestratorCompute)] = Figures.Number(budget.OrchestratorCompute, 4),
        [Name(StepPart.Codec)] = Figures.Number(budget.Codec, 4),
        [Name(StepPart.WireAndWait)] = Figures.Number(budget.WireAndWait, 4),
        [Name(StepPart.Optimizer)] = Figures.Number(budget.Optimizer, 4),
        [Name(StepPart.Other)] = Figures.Number(budget.Other, 4),
    };

    // The names of run.json.
    private static string Name(StepPart part) => part switch
    {
        StepPart.NodeCompute => "node_compute",
        StepPart.OrchestratorCompute => "orchestrator_compute",
        StepPart.Codec => "encode_decode",
        StepPart.WireAndWait => "wire_and_wait",
        StepPart.Optimizer => "optimizer",
        _ => "other",
    };
}
