namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>A figure of a model on the test set.</summary>
/// <param name="Name">In <c>run.json</c>; in <c>metrics.csv</c> it has <c>test_</c> in front.</param>
/// <param name="Title">In tables and charts.</param>
/// <param name="Format">How a number of it is written for people.</param>
internal sealed record Measure(string Name, string Title, string Format)
{
    /// <summary>Those that runs may have, the one that models are judged by first.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("accuracy", "accuracy", "0.0000"),
        new("rmse", "RMSE", "G5"),
        new("mae", "MAE", "G5"),
        new("r2", "R²", "0.0000"),
        new("macro_f1", "macro-F1", "0.0000"),
        new("auc", "AUC", "0.0000"),
        new("loss", "loss", "0.0000"),
    ];

    /// <summary>Whether less of it is better.</summary>
    public bool IsError => Name is "rmse" or "mae" or "loss";

    /// <summary>Its column of <c>metrics.csv</c>.</summary>
    public string Column => $"test_{Name}";

    /// <summary>Those of <see cref="All"/> that there are.</summary>
    /// <param name="measures">Of some runs.</param>
    public static IReadOnlyList<Measure> Of(IEnumerable<IReadOnlyDictionary<string, double>> measures)
    {
        var names = measures.SelectMany(m => m.Keys).ToHashSet(StringComparer.Ordinal);
        return [.. All.Where(m => names.Contains(m.Name))];
    }
}
