using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the page shows of a study. Of very many runs it shows those that are under way or failed, and some of the others.</summary>
internal static class StudyTable
{
    /// <summary>The most rows.</summary>
    public const int MaxRows = 300;

    /// <summary>For the page.</summary>
    public static JsonObject Of(IReadOnlyList<StudyRow> rows) => new()
    {
        ["count"] = rows.Count,
        ["states"] = JsonSerializer.SerializeToNode(StudyStatus.Counts(rows)),
        ["rows"] = new JsonArray([.. rows
            .Select((row, place) => (row, place))
            .OrderBy(r => rows.Count <= MaxRows || r.row.State is StudyRunState.Running or StudyRunState.Failed ? 0 : 1).ThenBy(r => r.place)
            .Take(MaxRows).OrderBy(r => r.place).Select(r => ToJson(r.row))]),
    };

    private static JsonNode ToJson(StudyRow row) => new JsonObject
    {
        ["name"] = row.Run.Name,
        ["settings"] = string.Join(", ", row.Run.Settings.Select(s => $"{s.Key}={s.Value}")),
        ["repetition"] = row.Run.Repetition,
        ["state"] = row.State.ToWord(),
        ["worker"] = row.Worker,
        ["attempts"] = row.Attempts,
        ["epochs"] = row.Epochs,
        ["accuracy"] = row.Accuracy,
        ["loss"] = row.Loss,
        ["failure"] = row.Failure,
        ["faults"] = row.Faults.Count,
    };
}
