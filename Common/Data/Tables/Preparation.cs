using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data.Tables;

/// <summary>Standardisation of a column of numbers: <c>(x − mean) / std</c>; a missing value becomes the mean, 0.</summary>
public sealed record NumberScaling(double Mean, double Std);

/// <summary>
/// One-hot encoding of a column of categories. If any training value was missing, missing values have the last element. Where
/// nodes do not tell all of their names, there is an element for others. A value without an element of its own has that one, or is
/// encoded as zeros.
/// </summary>
/// <param name="Names">The names, in the order of the elements.</param>
/// <param name="Missing">Whether missing values have an element.</param>
public sealed record CategoryCoding(string[] Names, bool Missing)
{
    /// <summary>Whether values without an element of their own have one in common, after those of the names.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Other { get; init; }

    /// <summary>Number of elements.</summary>
    [JsonIgnore]
    public int Width => Names.Length + (Other ? 1 : 0) + (Missing ? 1 : 0);

    /// <summary>The element of a name that is not among <see cref="Names"/>; −1 for none.</summary>
    [JsonIgnore]
    public int PlaceOfOther => Other ? Names.Length : -1;

    /// <summary>The element of a missing value; −1 for none.</summary>
    [JsonIgnore]
    public int PlaceOfMissing => Missing ? Width - 1 : PlaceOfOther;
}

/// <summary>The preparation of a column; exactly one of the two is set.</summary>
public sealed record PreparedColumn(string Name, NumberScaling? Number = null, CategoryCoding? Category = null)
{
    /// <summary>The column's kind.</summary>
    [JsonIgnore]
    public ColumnKind Kind => Category is null ? ColumnKind.Number : ColumnKind.Category;

    /// <summary>Number of elements.</summary>
    [JsonIgnore]
    public int Width => Category?.Width ?? 1;
}

/// <summary>
/// How rows of a table become samples: the same at all nodes, for the test set and for later predictions. Derived from the
/// statistics of all nodes (<see cref="TableStatistics"/>), sent in <c>Welcome</c> as JSON, and stored with the model.
/// </summary>
/// <param name="Label">The column to predict.</param>
/// <param name="Columns">The columns, in the order of the samples' elements.</param>
/// <param name="Classes">The classes, in the order of the logits; empty for numeric labels.</param>
public sealed record Preparation(string Label, PreparedColumn[] Columns, ClassCount[] Classes)
{
    /// <summary>Standardisation of numeric labels.</summary>
    public NumberScaling? Target { get; init; }

    /// <summary>Target size of images, if the samples are images; then only their classes are prepared.</summary>
    public ImageSettings? Image { get; init; }

    /// <summary>Number of model outputs: one per class, or the predicted number.</summary>
    [JsonIgnore]
    public int OutputCount => Target is null ? Classes.Length : 1;

    /// <summary>Number of elements of a prepared sample.</summary>
    [JsonIgnore]
    public int FeatureCount => Columns.Sum(c => c.Width);

    /// <summary>Derives the preparation from the merged statistics of all nodes.</summary>
    /// <exception cref="TableException">No usable column is left.</exception>
    public static Preparation Of(TableStatistics merged)
    {
        var preparation = new Preparation(merged.Label, [.. merged.Columns.Select(Of)], merged.Classes)
        {
            Image = merged.Image,
            Target = merged.Target is { } target ? new NumberScaling(target.Mean, target.Deviation) : null,
        };
        return preparation.Problem() is { } problem ? throw new TableException(problem) : preparation;

        static PreparedColumn Of(ColumnStatistics column) => column.Kind == ColumnKind.Number
            ? new PreparedColumn(column.Name, Number: new NumberScaling(column.Moments!.Mean, column.Moments.Deviation))
            : new PreparedColumn(column.Name, Category: new CategoryCoding(column.Categories!, column.Missing > 0) { Other = column.Other });
    }

    /// <summary>Parses the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="TableException">The JSON is malformed or exceeds <see cref="TableLimits"/>.</exception>
    public static Preparation Parse(string json) => TableJson.Parse<Preparation>(json, p => p.Problem());

    /// <summary>As JSON, of at most <see cref="TableLimits.MaxJson"/> bytes.</summary>
    /// <param name="indented">Whether to format it for people, one value per line.</param>
    public string ToJson(bool indented = false) => JsonSerializer.Serialize(this, indented ? TableJson.Indented : TableJson.Options);

    /// <summary>
    /// How the meaning of samples' elements or of logits differs from another preparation; <see langword="null"/> if it does not.
    /// Means and deviations may differ.
    /// </summary>
    public string? DifferenceFrom(Preparation other) =>
        !Classes.Select(c => c.Name).SequenceEqual(other.Classes.Select(c => c.Name), StringComparer.Ordinal) ? "classes"
        : !Columns.Select(c => c.Name).SequenceEqual(other.Columns.Select(c => c.Name), StringComparer.Ordinal) ? "columns"
        : Columns.Zip(other.Columns).FirstOrDefault(c => !IsCodedAlike(c.First, c.Second)) is { First: { } column } ? $"categories of '{column.Name}'"
        : null;

    private static bool IsCodedAlike(PreparedColumn a, PreparedColumn b) => (a.Category, b.Category) switch
    {
        (null, null) => true,
        ({ } first, { } second) => (first.Missing, first.Other) == (second.Missing, second.Other) && first.Names.AsSpan().SequenceEqual(second.Names),
        _ => false,
    };

    // The serializer accepts null as an element of an array.
    private static bool IsSound(PreparedColumn? column) =>
        column is { Name.Length: > 0 }
        && (column.Number is null) != (column.Category is null)
        && IsSound(column.Number)
        && column.Category?.Names.Any(string.IsNullOrEmpty) != true;

    private static bool IsSound(NumberScaling? scaling) => scaling is null || (double.IsFinite(scaling.Mean) && double.IsFinite(scaling.Std) && scaling.Std > 0);

    private string? Problem() =>
        Label.Length == 0 || !IsSound(Target) || (Target is not null && Classes.Length > 0) || !Array.TrueForAll(Columns, IsSound) || !Array.TrueForAll(Classes, c => c is { Name.Length: > 0, Count: >= 0 and < TableJson.MaxCount }) ? "what is said of a table makes no sense"
            : Image is { IsSound: false } || (Image is not null && Columns.Length > 0) ? "what is said of images makes no sense"
            : FeatureCount == 0 && Image is null ? "there is no column with a value in it"
            : Classes.Length == 0 && Target is null ? "there are no classes"
            : TableJson.IsDoubled(Columns.Select(c => c.Name))
                || TableJson.IsDoubled(Classes.Select(c => c.Name))
                || Columns.Any(c => TableJson.IsDoubled(c.Category?.Names ?? [])) ? "a name stands twice"
            : TableLimits.Problem(Columns.Select(c => (c.Name, (IReadOnlyList<string>)(c.Category?.Names ?? []))), Label, [.. Classes.Select(c => c.Name)]);
}
