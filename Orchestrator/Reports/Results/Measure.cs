using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>A metric on the test set.</summary>
/// <param name="Name">Its name in <c>run.json</c>; <c>metrics.csv</c> prefixes it with <c>test_</c>.</param>
/// <param name="Title">Its title in tables and charts.</param>
/// <param name="Format">The display format.</param>
/// <param name="In">Reads its value from a result; <see langword="null"/> where undefined.</param>
internal sealed record Measure(string Name, string Title, string Format, Func<ResultRecord, double?> In)
{
    /// <summary>All measures, the primary one first.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("accuracy", "accuracy", "0.0000", static r => r.Accuracy),
        new("rmse", "RMSE", "G5", static r => r.Rmse),
        new("mae", "MAE", "G5", static r => r.Mae),
        new("r2", "R²", "0.0000", static r => r.R2),
        new("macro_f1", "macro-F1", "0.0000", static r => r.MacroF1),
        new("auc", "AUC", "0.0000", static r => r.Auc),
        new("loss", "loss", "0.0000", static r => r.Loss),
    ];

    /// <summary>Whether lower is better.</summary>
    public bool IsError => Name is "rmse" or "mae" or "loss";

    /// <summary>Its column of <c>metrics.csv</c>.</summary>
    public string Column => $"test_{Name}";

    /// <summary>The measures of a result, by name.</summary>
    public static IReadOnlyDictionary<string, double> Of(ResultRecord result) =>
        All.Where(m => m.In(result) is not null).ToDictionary(m => m.Name, m => m.In(result)!.Value, StringComparer.Ordinal);

    /// <summary>The measures of <see cref="All"/> that occur.</summary>
    /// <param name="measures">The measures of some runs.</param>
    public static IReadOnlyList<Measure> Of(IEnumerable<IReadOnlyDictionary<string, double>> measures)
    {
        var names = measures.SelectMany(m => m.Keys).ToHashSet(StringComparer.Ordinal);
        return [.. All.Where(m => names.Contains(m.Name))];
    }
}
