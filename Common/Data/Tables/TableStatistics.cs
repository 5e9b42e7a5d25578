using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data.Tables;

/// <summary>Statistics of a column: moments of numbers, names of categories.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Missing">Number of missing values.</param>
/// <param name="Moments">Moments of a column of numbers.</param>
/// <param name="Categories">Names of a column of categories.</param>
public sealed record ColumnStatistics(string Name, long Missing, Moments? Moments = null, string[]? Categories = null)
{
    /// <summary>Whether the categories are those that the schema allows, rather than those that occur.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Closed { get; init; }

    /// <summary>Whether there are values besides <see cref="Categories"/> that the node does not tell one by one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Other { get; init; }

    /// <summary>The column's kind.</summary>
    [JsonIgnore]
    public ColumnKind Kind => Categories is null ? ColumnKind.Number : ColumnKind.Category;
}

/// <summary>A class and its number of samples.</summary>
public sealed record ClassCount(string Name, long Count);

/// <summary>
/// Statistics of a table: sums and names, but no rows, so that tables can be prepared together without being pooled. Sent as
/// JSON. Merged in node order, they equal those of the pooled table up to rounding, and are reproducible bit for bit.
/// </summary>
/// <param name="Label">The column to predict.</param>
/// <param name="Columns">The other columns.</param>
/// <param name="Classes">The classes that occur or that the schema allows; empty for numeric labels.</param>
public sealed record TableStatistics(string Label, ColumnStatistics[] Columns, ClassCount[] Classes)
{
    /// <summary>Whether the classes are those that the schema allows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ClosedClasses { get; init; }

    /// <summary>Whether the number of rows of each class is not told, and all counts are 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool UncountedClasses { get; init; }

    /// <summary>Moments of numeric labels.</summary>
    public Moments? Target { get; init; }

    /// <summary>Spellings that count as missing, if not the usual ones.</summary>
    public string[]? Missing { get; init; }

    /// <summary>Target size of images, if the samples are images and have no columns.</summary>
    public ImageSettings? Image { get; init; }

    /// <summary>Number of rows.</summary>
    [JsonIgnore]
    public long Rows => Target?.Count ?? Classes.Sum(c => c.Count);

    /// <summary>A column by its name.</summary>
    public ColumnStatistics? Column(string name) => Array.Find(Columns, c => string.Equals(c.Name, name, StringComparison.Ordinal));

    /// <summary>Computes the statistics of a table.</summary>
    /// <exception cref="TableException">Numbers are so large that their squares overflow.</exception>
    /// <exception cref="ArgumentException">The samples are not rows of a table.</exception>
    public static TableStatistics Of(SampleSet samples) => Of(samples, TellRules.Everything);

    /// <summary>Computes what a node tells of its table.</summary>
    /// <param name="samples">The node's <see cref="ToldRows"/>. Of other rows no more is told, but counts may give away what is not.</param>
    /// <param name="rules">The node's rules.</param>
    /// <exception cref="TableException">Numbers are so large that their squares overflow.</exception>
    /// <exception cref="ArgumentException">The samples are not rows of a table.</exception>
    public static TableStatistics Of(SampleSet samples, TellRules rules)
    {
        TableDictionary table = samples.Table ?? throw new ArgumentException("The samples are not rows of a table.", nameof(samples));
        ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(samples.Values);
        var columns = new ColumnStatistics[table.Columns.Count];
        for (int c = 0; c < columns.Length; c++)
        {
            columns[c] = table.Columns[c].Kind == ColumnKind.Number
                ? OfNumbers(table.Columns[c], Moments.Of(values, c, columns.Length), samples.Count, rules)
                : OfNames(table.Columns[c], values, c, columns.Length, rules);
        }

        long[] counts = new long[table.Classes.Count];
        foreach (int label in table.IsTarget ? [] : samples.Labels)
        {
            counts[label]++;
        }

        bool uncounted = table.ClosedClasses && (!rules.Tell(ToldStatistics.Classes) || Array.Exists(counts, n => rules.IsRare(n)));
        return new TableStatistics(
            table.Label,
            columns,
            [.. table.Classes.Select((name, i) => new ClassCount(name, uncounted ? 0 : counts[i])).Where((_, i) => table.ClosedClasses || !rules.IsRare(counts[i]))])
        {
            ClosedClasses = table.ClosedClasses,
            UncountedClasses = uncounted,
            Image = table.Image,
            Target = samples.Targets is { } targets ? Finite(table.Label, Told(Moments.Of(targets.Values, column: 0, columns: 1), rules)) : null,
            Missing = table.Missing.SequenceEqual(MissingValues.Default.Spellings, StringComparer.Ordinal) ? null : [.. table.Missing],
        };
    }

    /// <summary>Merges the statistics of all nodes.</summary>
    /// <param name="ofNodes">Statistics of node 1, 2, …; columns are matched by name and keep node 1's order.</param>
    /// <exception cref="TableException">The tables do not match (<see cref="TableComparison"/>), or are too large together.</exception>
    public static TableStatistics Merge(IReadOnlyList<TableStatistics> ofNodes)
    {
        TableComparison.Require(TableParty.OfNodes(ofNodes), test: null);
        TableStatistics first = ofNodes[0];
        ColumnStatistics[] columns = Array.ConvertAll(first.Columns, column => ofNodes.Skip(1).Aggregate(column, (sum, other) => Merge(sum, other.Column(column.Name)!)));
        ILookup<string, long> counts = ofNodes.SelectMany(s => s.Classes).ToLookup(c => c.Name, c => c.Count, StringComparer.Ordinal);
        string[] classes = ofNodes.FirstOrDefault(s => s.ClosedClasses) is { } closed ? [.. closed.Classes.Select(c => c.Name)] : Vocabulary.Sort(counts.Select(c => c.Key));
        bool uncounted = ofNodes.Any(s => s.UncountedClasses);
        var merged = new TableStatistics(first.Label, columns, [.. classes.Select(name => new ClassCount(name, uncounted ? 0 : counts[name].Sum()))])
        {
            ClosedClasses = ofNodes.Any(s => s.ClosedClasses),
            UncountedClasses = uncounted,
            Target = first.Target is null ? null : ofNodes.Skip(1).Aggregate(first.Target, (sum, other) => Finite(first.Label, sum.Merge(other.Target!))),
            Missing = first.Missing,
            Image = first.Image,
        };
        return merged.Problem() is { } problem ? throw new TableException(problem) : merged;
    }

    /// <summary>Parses the output of <see cref="ToJson"/>, or of another program.</summary>
    /// <exception cref="TableException">The JSON is malformed or exceeds <see cref="TableLimits"/>.</exception>
    public static TableStatistics Parse(string json) => TableJson.Parse<TableStatistics>(json, s => s.Problem());

    /// <summary>As JSON, of at most <see cref="TableLimits.MaxJson"/> bytes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TableJson.Options);

    private static ColumnStatistics Merge(ColumnStatistics a, ColumnStatistics b) => a.Kind == ColumnKind.Number
        ? new ColumnStatistics(a.Name, a.Missing + b.Missing, Moments: Finite(a.Name, a.Moments!.Merge(b.Moments!)))
        : new ColumnStatistics(a.Name, a.Missing + b.Missing, Categories: Vocabulary.Sort(a.Categories!.Concat(b.Categories!))) { Closed = a.Closed || b.Closed, Other = a.Other || b.Other };

    private static ColumnStatistics OfNumbers(TableColumn column, Moments moments, int rows, TellRules rules) =>
        new(column.Name, Told(ToldStatistics.Missing, rows - moments.Count, rules), Moments: Finite(column.Name, Told(moments, rules)));

    private static ColumnStatistics OfNames(TableColumn column, ReadOnlySpan<double> values, int place, int columns, TellRules rules)
    {
        long missing = 0;
        long[] counts = new long[column.Categories.Count];
        for (int i = place; i < values.Length; i += columns)
        {
            if (double.IsNaN(values[i]))
            {
                missing++;
            }
            else
            {
                counts[(int)values[i]]++;
            }
        }

        (string Name, long Count)[] names = [.. column.Categories.Zip(counts)];
        return new ColumnStatistics(
            column.Name,
            Told(ToldStatistics.Missing, missing, rules),
            Categories: [.. names.Where(n => n.Name != TableDictionary.Other && (column.Closed || !rules.IsRare(n.Count))).Select(n => n.Name)])
        {
            Closed = column.Closed,
            Other = names.Where(n => n.Name == TableDictionary.Other).Sum(n => n.Count) is > 0 and var others && !rules.IsRare(others),
        };
    }

    private static long Told(ToldStatistics kind, long count, TellRules rules) => rules.Tell(kind) && !rules.IsRare(count) ? count : 0;

    private static Moments Told(Moments moments, TellRules rules) => Told(ToldStatistics.Moments, moments.Count, rules) > 0 ? moments : Moments.None;

    private static Moments Finite(string column, Moments moments) =>
        moments.IsFinite ? moments : throw new TableException($"column '{column}' has numbers that are too large to be standardised; scale them");

    // The serializer accepts null as an element of an array.
    private static bool IsSound(ColumnStatistics? column) =>
        column is { Name.Length: > 0, Missing: >= 0 and < TableJson.MaxCount }
        && (column.Moments is null) != (column.Categories is null)
        && IsSound(column.Moments)
        && column.Categories?.Any(string.IsNullOrEmpty) != true
        && !(column.Other && column.Categories is null);

    private static bool IsSound(Moments? moments) => moments is null or { Count: >= 0 and < TableJson.MaxCount, M2: >= 0, IsFinite: true };

    private string? Problem() =>
        Label.Length == 0 || !IsSound(Target) || (Target is not null && Classes.Length > 0) || (Missing is not null && (Missing.Length > TableLimits.MaxMissing || Missing.Any(m => m is not { Length: > 0 and <= TableLimits.MaxName }))) || !Array.TrueForAll(Columns, IsSound) || !Array.TrueForAll(Classes, c => c is { Name.Length: > 0, Count: >= 0 and < TableJson.MaxCount } && (c.Count == 0 || !UncountedClasses)) ? "what is said of a table makes no sense"
            : Columns.Length == 0 == Image is null || Image is { IsSound: false } ? "there are no columns, or images with columns"
            : TableJson.IsDoubled(Columns.Select(c => c.Name))
                || TableJson.IsDoubled(Classes.Select(c => c.Name))
                || Columns.Any(c => TableJson.IsDoubled(c.Categories ?? [])) ? "a name stands twice"
            : TableLimits.Problem(Columns.Select(c => (c.Name, (IReadOnlyList<string>)(c.Categories ?? []))), Label, [.. Classes.Select(c => c.Name)]);
}
