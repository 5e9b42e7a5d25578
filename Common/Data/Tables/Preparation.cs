using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data.Tables;

/// <summary>How a column of numbers is standardised: <c>(x − mean) / std</c>; what is missing becomes the mean, which is 0.</summary>
public sealed record NumberScaling(double Mean, double Std);

/// <summary>
/// How a column of categories is spread out: a 1 at the place of the name, among zeros. What is missing has a place of its own, the last, if it was
/// missing in training anywhere. A name that did not occur there is nowhere: zeros.
/// </summary>
/// <param name="Names">In their places.</param>
/// <param name="Missing">Whether what is missing has a place.</param>
public sealed record CategoryCoding(string[] Names, bool Missing)
{
    /// <summary>How many elements it takes.</summary>
    [JsonIgnore]
    public int Width => Names.Length + (Missing ? 1 : 0);
}

/// <summary>What becomes of a column: one of the two.</summary>
public sealed record PreparedColumn(string Name, NumberScaling? Number = null, CategoryCoding? Category = null)
{
    /// <summary>What its values are.</summary>
    [JsonIgnore]
    public ColumnKind Kind => Category is null ? ColumnKind.Number : ColumnKind.Category;

    /// <summary>How many elements it takes.</summary>
    [JsonIgnore]
    public int Width => Category?.Width ?? 1;
}

/// <summary>
/// How rows of a table become samples: the same at all nodes, for the test set and for whoever asks the model later. It follows from the statistics of
/// all nodes (<see cref="TableStatistics"/>), travels in <c>Welcome</c> as JSON, and is kept with the model.
/// </summary>
/// <param name="Label">The column that is predicted.</param>
/// <param name="Columns">In the order of the samples' elements.</param>
/// <param name="Classes">In the order of the logits; none where numbers are predicted.</param>
public sealed record Preparation(string Label, PreparedColumn[] Columns, ClassCount[] Classes)
{
    /// <summary>How the numbers that are predicted are standardised.</summary>
    public NumberScaling? Target { get; init; }

    /// <summary>What images are brought to, where the samples are images: of them only the classes are prepared.</summary>
    public ImageSettings? Image { get; init; }

    /// <summary>How many numbers a model gives for a sample: one for each class, or the one that is predicted.</summary>
    [JsonIgnore]
    public int OutputCount => Target is null ? Classes.Length : 1;

    /// <summary>Elements of a prepared sample.</summary>
    [JsonIgnore]
    public int FeatureCount => Columns.Sum(c => c.Width);

    /// <summary>Makes it of the statistics of all nodes.</summary>
    /// <exception cref="TableException">Nothing is left of the columns.</exception>
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
            : new PreparedColumn(column.Name, Category: new CategoryCoding(column.Categories!, column.Missing > 0));
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="TableException">It is malformed, or beyond <see cref="TableLimits"/>.</exception>
    public static Preparation Parse(string json) => TableJson.Parse<Preparation>(json, p => p.Problem());

    /// <summary>As JSON, of at most <see cref="TableLimits.MaxJson"/> bytes.</summary>
    /// <param name="indented">For people, a line for each value.</param>
    public string ToJson(bool indented = false) => JsonSerializer.Serialize(this, indented ? TableJson.Indented : TableJson.Options);

    /// <summary>
    /// In what the elements of samples, or the logits, stand for something else than with another preparation; <see langword="null"/> if in nothing. Means
    /// and deviations may differ.
    /// </summary>
    public string? DifferenceFrom(Preparation other) =>
        !Classes.Select(c => c.Name).SequenceEqual(other.Classes.Select(c => c.Name), StringComparer.Ordinal) ? "classes"
        : !Columns.Select(c => c.Name).SequenceEqual(other.Columns.Select(c => c.Name), StringComparer.Ordinal) ? "columns"
        : Columns.Zip(other.Columns).FirstOrDefault(c => !IsCodedAlike(c.First, c.Second)) is { First: { } column } ? $"categories of '{column.Name}'"
        : null;

    private static bool IsCodedAlike(PreparedColumn a, PreparedColumn b) => (a.Category, b.Category) switch
    {
        (null, null) => true,
        ({ } first, { } second) => first.Missing == second.Missing && first.Names.AsSpan().SequenceEqual(second.Names),
        _ => false,
    };

    // The serializer lets null pass as an element of an array.
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
