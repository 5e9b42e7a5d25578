using System.Runtime.InteropServices;
using System.Text.Json;

namespace TraversalLearning.Data;

/// <summary>What a node says of a column: of numbers their moments, of categories their names.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Missing">How many values are missing.</param>
/// <param name="Moments">Of a column of numbers.</param>
/// <param name="Categories">Of a column of categories.</param>
public sealed record ColumnStatistics(string Name, long Missing, Moments? Moments = null, string[]? Categories = null)
{
    /// <summary>What its values are.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public ColumnKind Kind => Categories is null ? ColumnKind.Number : ColumnKind.Category;
}

/// <summary>A class, and how many samples have it.</summary>
public sealed record ClassCount(string Name, long Count);

/// <summary>
/// All that is said of a table so that it can be prepared together with others that nobody brings together: sums and names, and no row. They go into
/// messages as JSON. Merged in the order of the nodes they are those of the pooled table, up to rounding, and the same to the bit each time.
/// </summary>
/// <param name="Columns">The columns.</param>
/// <param name="Classes">The classes that occur.</param>
public sealed record TableStatistics(ColumnStatistics[] Columns, ClassCount[] Classes)
{
    /// <summary>Takes them of a table.</summary>
    /// <exception cref="TableException">Numbers are so large that their squares are not finite.</exception>
    /// <exception cref="ArgumentException">The samples are not a table's.</exception>
    public static TableStatistics Of(SampleSet samples)
    {
        TableDictionary table = samples.Table ?? throw new ArgumentException("The samples are not rows of a table.", nameof(samples));
        ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(samples.Values);
        var columns = new ColumnStatistics[table.Columns.Count];
        for (int c = 0; c < columns.Length; c++)
        {
            TableColumn column = table.Columns[c];
            long missing = 0;
            for (int i = c; i < values.Length; i += columns.Length)
            {
                missing += double.IsNaN(values[i]) ? 1 : 0;
            }

            columns[c] = column.Kind == ColumnKind.Number
                ? new ColumnStatistics(column.Name, missing, Moments: Finite(column.Name, Moments.Of(values, c, columns.Length)))
                : new ColumnStatistics(column.Name, missing, Categories: [.. column.Categories]);
        }

        long[] counts = new long[table.Classes.Count];
        foreach (int label in samples.Labels)
        {
            counts[label]++;
        }

        return new TableStatistics(columns, [.. table.Classes.Select((name, i) => new ClassCount(name, counts[i]))]);
    }

    /// <summary>Puts those of all nodes together.</summary>
    /// <param name="ofNodes">Of node 1, 2, …; columns are matched by name and stand in the order of node 1.</param>
    /// <exception cref="TableException">The tables do not have the same columns, or are too large together.</exception>
    public static TableStatistics Merge(IReadOnlyList<TableStatistics> ofNodes)
    {
        TableStatistics first = ofNodes[0];
        ColumnStatistics[] columns = [.. first.Columns];
        for (int node = 2; node <= ofNodes.Count; node++)
        {
            var others = ofNodes[node - 1].Columns.ToDictionary(c => c.Name, StringComparer.Ordinal);
            if (others.Keys.Except(columns.Select(c => c.Name), StringComparer.Ordinal).FirstOrDefault() is { } strange)
            {
                throw new TableException($"node {node} has a column '{strange}', and node 1 has not; give all tables the same columns");
            }

            for (int c = 0; c < columns.Length; c++)
            {
                string name = columns[c].Name;
                if (!others.TryGetValue(name, out ColumnStatistics? other))
                {
                    throw new TableException($"node 1 has a column '{name}', and node {node} has not; give all tables the same columns");
                }

                columns[c] = other.Kind == columns[c].Kind
                    ? Merge(columns[c], other)
                    : throw new TableException($"column '{name}' is {columns[c].Kind.Word()} at node 1 and {other.Kind.Word()} at node {node}; give all the same {TableSchema.FileName}");
            }
        }

        ILookup<string, long> counts = ofNodes.SelectMany(s => s.Classes).ToLookup(c => c.Name, c => c.Count, StringComparer.Ordinal);
        var merged = new TableStatistics(columns, [.. Vocabulary.Sort(counts.Select(c => c.Key)).Select(name => new ClassCount(name, counts[name].Sum()))]);
        return merged.Problem() is { } problem ? throw new TableException(problem) : merged;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote, or another program.</summary>
    /// <exception cref="TableException">It is malformed, or beyond <see cref="TableLimits"/>.</exception>
    public static TableStatistics Parse(string json) => TableJson.Parse<TableStatistics>(json, s => s.Problem());

    /// <summary>As JSON, of at most <see cref="TableLimits.MaxJson"/> bytes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TableJson.Options);

    private static ColumnStatistics Merge(ColumnStatistics a, ColumnStatistics b) => a.Kind == ColumnKind.Number
        ? new ColumnStatistics(a.Name, a.Missing + b.Missing, Moments: Finite(a.Name, a.Moments!.Merge(b.Moments!)))
        : new ColumnStatistics(a.Name, a.Missing + b.Missing, Categories: Vocabulary.Sort(a.Categories!.Concat(b.Categories!)));

    private static Moments Finite(string column, Moments moments) =>
        moments.IsFinite ? moments : throw new TableException($"column '{column}' has numbers that are too large to be standardised; scale them");

    // The serializer lets null pass as an element of an array.
    private static bool IsSound(ColumnStatistics? column) =>
        column is { Name.Length: > 0, Missing: >= 0 and < TableJson.MaxCount }
        && (column.Moments is null) != (column.Categories is null)
        && column.Moments is null or { Count: >= 0 and < TableJson.MaxCount, M2: >= 0, IsFinite: true }
        && column.Categories?.Any(string.IsNullOrEmpty) != true;

    private string? Problem() =>
        !Array.TrueForAll(Columns, IsSound) || !Array.TrueForAll(Classes, c => c is { Name.Length: > 0, Count: >= 0 and < TableJson.MaxCount }) ? "what is said of a table makes no sense"
            : Columns.Length == 0 ? "there are no columns"
            : TableJson.IsDoubled(Columns.Select(c => c.Name))
                || TableJson.IsDoubled(Classes.Select(c => c.Name))
                || Columns.Any(c => TableJson.IsDoubled(c.Categories ?? [])) ? "a name stands twice"
            : TableLimits.Problem(Columns.Select(c => (c.Name, (IReadOnlyList<string>)(c.Categories ?? []))), [.. Classes.Select(c => c.Name)]);
}
