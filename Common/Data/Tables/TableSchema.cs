namespace TraversalLearning.Data.Tables;

/// <summary>
/// A table's schema, in <c>schema.json</c> beside its files. Column kinds are declared rather than guessed from the values, which
/// may look like numbers at one node and like names at another. A column that is not listed holds numbers.
/// </summary>
internal sealed record TableSchema
{
    /// <summary>The schema's file name.</summary>
    public const string FileName = SchemaFile.Name;

    private const int MaxSpelling = 40;

    private static readonly string[] Keys = ["label", "target", "categorical", "categories", "classes", "ignore", "missing"];

    /// <summary>The column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>Whether that column holds numbers rather than classes.</summary>
    public bool IsTarget { get; init; }

    /// <summary>Columns of categories.</summary>
    public IReadOnlyList<string> Categorical { get; init; } = [];

    /// <summary>The allowed categories of a column.</summary>
    public IReadOnlyDictionary<string, string[]> Categories { get; init; } = new Dictionary<string, string[]>(StringComparer.Ordinal);

    /// <summary>The allowed classes; <see langword="null"/> for any.</summary>
    public string[]? Classes { get; init; }

    /// <summary>Unused columns. They may be absent.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>The values that count as missing.</summary>
    public MissingValues Missing { get; init; } = MissingValues.Default;

    /// <summary>Reads a directory's schema.</summary>
    /// <exception cref="DataException">The schema is missing or invalid.</exception>
    public static TableSchema Read(string directory)
    {
        using SchemaFile file = SchemaFile.Open(directory, """it says which column is to be predicted, and which hold names: { "label": "…", "categorical": ["…"] }""");
        file.RequireKeys(Keys);
        string? label = file.Text("label");
        string? target = file.Text("target");
        if (label is null == target is null)
        {
            throw file.Wrong("""is to have either "label", the column of the classes, or "target", a column of numbers to be predicted""");
        }

        IReadOnlyDictionary<string, string[]> categories = file.NamesByColumn("categories");
        var schema = new TableSchema
        {
            Label = label ?? target!,
            IsTarget = target is not null,
            Categorical = [.. (file.Columns("categorical") ?? []).Union(categories.Keys, StringComparer.Ordinal)],
            Categories = categories,
            Classes = file.Names("classes"),
            Ignore = file.Columns("ignore") ?? [],
            Missing = file.Texts("missing") is not { } missing ? MissingValues.Default
                : missing.Length <= TableLimits.MaxMissing && missing.All(m => m.Length <= MaxSpelling) ? new MissingValues(missing)
                : throw file.Wrong($"its \"missing\" has more than {TableLimits.MaxMissing} texts, or one of more than {MaxSpelling} characters"),
        };
        string? twice = schema.Names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is not null ? throw file.Wrong($"names the column '{twice}' twice")
            : schema.IsTarget && schema.Classes is not null ? throw file.Wrong("""has "classes", and its "target" is a column of numbers; leave one of them out""")
            : schema;
    }

    /// <summary>All columns that the schema names.</summary>
    private IEnumerable<string> Names => [Label, .. Categorical, .. Ignore];

    /// <summary>The kind of a column; <see langword="null"/> if it is the label, or unused.</summary>
    public ColumnKind? KindOf(string column) =>
        column == Label || Ignore.Contains(column, StringComparer.Ordinal) ? null
        : Categorical.Contains(column, StringComparer.Ordinal) ? ColumnKind.Category
        : ColumnKind.Number;

    /// <summary>Checks a table's header against the schema.</summary>
    /// <param name="path">The table's file.</param>
    /// <param name="header">The column names.</param>
    /// <param name="labels">Whether the label is required.</param>
    /// <exception cref="DataException">A column has no name or a duplicate one, or a column of the schema is missing.</exception>
    public void Require(string path, IReadOnlyList<string> header, bool labels)
    {
        int unnamed = header.ToList().FindIndex(string.IsNullOrEmpty);
        string? twice = header.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        string? missing = (labels ? Categorical.Prepend(Label) : Categorical).FirstOrDefault(n => !header.Contains(n, StringComparer.Ordinal));
        string? problem = unnamed >= 0 ? $"column {unnamed + 1} of its header has no name"
            : twice is not null ? $"its header has the column '{twice}' twice"
            : missing is not null ? $"has no column '{missing}', which {FileName} names; its header is {string.Join(',', header.Take(10))}{(header.Count > 10 ? ",…" : string.Empty)}"
            : !header.Any(n => KindOf(n) is not null) ? "has no column but the label"
            : null;
        if (problem is not null)
        {
            throw new DataException(path, problem);
        }
    }
}
