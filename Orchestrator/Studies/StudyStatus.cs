using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>How far each run of a study has come, for people and for programs.</summary>
internal static class StudyStatus
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A table, and how many runs are in which state.</summary>
    public static string ToText(string name, IReadOnlyList<StudyRow> rows)
    {
        var table = new Table("run", "state", "worker", "epochs", "accuracy", "loss", "tries", "why");
        foreach (StudyRow row in rows)
        {
            table.Add(
                row.Run.Name, row.State.ToWord(), row.Worker ?? string.Empty, Text(row.Epochs), Table.Number(row.Accuracy, "0.0000"), Table.Number(row.Loss, "0.0000"), Text(row.Attempts), row.Failure ?? string.Empty);
        }

        return $"{table.ToText()}\n{name}: {Summary(rows)}";
    }

    /// <summary><c>12 runs: 3 queued, 2 running, 7 done</c>.</summary>
    public static string Summary(IReadOnlyList<StudyRow> rows)
    {
        IEnumerable<string> counts = rows.GroupBy(r => r.State).OrderBy(g => g.Key)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {g.Key.ToWord()}"));
        return string.Create(CultureInfo.InvariantCulture, $"{rows.Count} runs: {string.Join(", ", counts)}");
    }

    /// <summary>An object with the counts and every run.</summary>
    public static string ToJson(string name, IReadOnlyList<StudyRow> rows) => new JsonObject
    {
        ["study"] = name,
        ["runs"] = new JsonArray([.. rows.Select(ToJson)]),
        ["counts"] = Counts(rows),
    }.ToJsonString(Indented);

    /// <summary>How many runs there are in each state.</summary>
    public static JsonObject Counts(IReadOnlyList<StudyRow> rows) =>
        new(Enum.GetValues<StudyRunState>().Select(s => KeyValuePair.Create(s.ToWord(), (JsonNode?)rows.Count(r => r.State == s))));

    private static JsonObject ToJson(StudyRow row) => new()
    {
        ["name"] = row.Run.Name,
        ["settings"] = new JsonObject(row.Run.Settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))),
        ["repetition"] = row.Run.Repetition,
        ["state"] = row.State.ToWord(),
        ["worker"] = row.Worker,
        ["attempts"] = row.Attempts,
        ["epochs"] = row.Epochs,
        ["accuracy"] = row.Accuracy,
        ["loss"] = row.Loss,
        ["failure"] = row.Failure,
        ["faults"] = new JsonArray([.. row.Faults.Select(f => (JsonNode)f)]),
        ["folder"] = row.Folder,
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
