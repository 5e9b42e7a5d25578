using System.Globalization;
using System.Text.Json;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>The status of a study's runs, as text and JSON.</summary>
internal static class StudyStatus
{
    /// <summary>A table of runs, and the number of runs in each state.</summary>
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

    /// <summary>The counts and all runs.</summary>
    public static string ToJson(string name, IReadOnlyList<StudyRow> rows) =>
        JsonSerializer.Serialize(new StudyStatusRecord(name, rows.Select(StudyStatusRun.Of), Counts(rows)), RecordJson.Indented);

    /// <summary>Number of runs in each state.</summary>
    public static IReadOnlyDictionary<string, int> Counts(IReadOnlyList<StudyRow> rows) =>
        Enum.GetValues<StudyRunState>().ToDictionary(s => s.ToWord(), s => rows.Count(r => r.State == s), StringComparer.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
