using System.Runtime.InteropServices;

namespace TraversalLearning.Data.Tables;

/// <summary>
/// The rows with which nodes take part under their <see cref="TellRules"/>. Every class, every name of a column, and every group of
/// values that are missing or there, has as many rows as may be told of; smaller groups are merged or left out.
/// <para>
/// The rows change, rather than only the statistics, so that whatever a node sends later follows from what it may tell: a
/// preparation with guessed names in it, or other figures, finds out nothing about rare ones. Pooled data are changed part by part
/// like those of the nodes, so the gradient stays that of centralized training on the same rows.
/// </para>
/// </summary>
/// <param name="Rows">The rows, node after node.</param>
/// <param name="Counts">Number of rows of each node.</param>
/// <param name="KeptBack">What each node keeps back, for its own log; <see langword="null"/> if nothing.</param>
public sealed record ToldRows(SampleSet Rows, IReadOnlyList<int> Counts, IReadOnlyList<string?> KeptBack)
{
    /// <summary>Applies the rules to each node's rows on their own.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="rows">Rows of a table as read, node after node; they are not changed.</param>
    /// <param name="counts">Number of rows of each node.</param>
    /// <exception cref="TableException">The rules exclude a column, or too few rows are left of a node.</exception>
    /// <exception cref="ArgumentException">The samples are not rows of a table.</exception>
    public static ToldRows Of(TellRules rules, SampleSet rows, IReadOnlyList<int> counts)
    {
        TableDictionary table = rows.Table ?? throw new ArgumentException("The samples are not rows of a table.", nameof(rows));
        rules.Require(table);
        SampleSet told = WithPlaceForOthers(rows, table);
        var kept = new List<int>(rows.Count);
        var toldCounts = new List<int>();
        var texts = new List<string?>();
        int start = 0;
        foreach (int count in counts)
        {
            var keptBack = new List<string>();
            int[] own = OfToldClasses(rules, table, rows.Labels, start, count, keptBack);
            for (int c = 0; c < table.Columns.Count; c++)
            {
                Span<double> values = MemoryMarshal.Cast<byte, double>(told.Values.AsSpan());
                double[] column = new double[own.Length];
                for (int i = 0; i < own.Length; i++)
                {
                    column[i] = values[(own[i] * table.Columns.Count) + c];
                }

                Fold(rules, table.Columns[c], column, keptBack);
                for (int i = 0; i < own.Length; i++)
                {
                    values[(own[i] * table.Columns.Count) + c] = column[i];
                }
            }

            kept.AddRange(own);
            toldCounts.Add(own.Length);
            texts.Add(keptBack.Count == 0 ? null : string.Join(", ", keptBack));
            start += count;
        }

        return new ToldRows(told.Select(CollectionsMarshal.AsSpan(kept)), toldCounts, texts);
    }

    /// <summary>A copy in which columns of categories have one more name, for values that are not told.</summary>
    private static SampleSet WithPlaceForOthers(SampleSet rows, TableDictionary table)
    {
        if (table.Columns.Count == 0)
        {
            return rows;
        }

        TableDictionary wider = table with
        {
            Columns = [.. table.Columns.Select(c => c.Kind == ColumnKind.Category ? c with { Categories = [.. c.Categories, TableDictionary.Other] } : c)],
        };
        byte[] values = [.. rows.Values];
        return rows.Targets is { } targets
            ? new SampleSet(rows.Element, rows.Shape, values, targets) { Table = wider }
            : new SampleSet(rows.Element, rows.Shape, values, rows.Labels) { Table = wider, IsLabelled = rows.IsLabelled };
    }

    /// <summary>A node's rows without those of rare classes. They keep theirs if the schema lists the classes, which are then known.</summary>
    private static int[] OfToldClasses(TellRules rules, TableDictionary table, int[] labels, int start, int count, List<string> keptBack)
    {
        int[] own = [.. Enumerable.Range(start, count)];
        if (table is { IsTarget: false, ClosedClasses: false })
        {
            Dictionary<int, int> counts = own.CountBy(i => labels[i]).ToDictionary();
            own = Array.FindAll(own, i => !rules.IsRare(counts[labels[i]]));
            if (own.Length < count)
            {
                keptBack.Add($"{count - own.Length} rows of {counts.Values.Count(n => rules.IsRare(n))} rare classes, which are left out");
            }
        }

        return count == 0 || own.Length >= Math.Max(rules.MinCount, 1)
            ? own
            : throw new TableException(count < rules.MinCount
                ? $"this node's rules on tables: it has {count} rows, and nothing of fewer than {rules.MinCount} may be told"
                : $"this node's rules on tables: each class has fewer rows than the {rules.MinCount} that may be told of; list the classes under \"classes\" in {TableSchema.FileName} of all parties");
    }

    /// <summary>Changes a node's values of a column.</summary>
    private static void Fold(TellRules rules, TableColumn column, double[] values, List<string> keptBack)
    {
        int missing = values.Count(double.IsNaN);
        bool hidesMissing = rules.IsRare(missing) || !rules.Tell(ToldStatistics.Missing);
        if (column.Kind == ColumnKind.Category)
        {
            int names = FoldNames(rules, column, values, hidesMissing);
            keptBack.AddRange(names > 0 ? [$"{names} rare names of '{column.Name}'"] : []);
        }
        else if (rules.IsRare(values.Length - missing))
        {
            keptBack.Add($"the {values.Length - missing} values of '{column.Name}'");
            Array.Fill(values, double.NaN);
            return;
        }
        else if (hidesMissing && missing < values.Length)
        {
            double mean = Moments.Of(values, column: 0, columns: 1).Mean;
            Replace(values, v => double.IsNaN(v) ? mean : v);
        }

        if (hidesMissing && missing > 0)
        {
            keptBack.Add($"which {missing} values of '{column.Name}' are missing");
        }
    }

    /// <summary>Merges rare names, and perhaps missing values, into <see cref="TableDictionary.Other"/>.</summary>
    /// <returns>The number of rare names.</returns>
    private static int FoldNames(TellRules rules, TableColumn column, double[] values, bool hidesMissing)
    {
        int[] counts = new int[column.Categories.Count];
        foreach (double value in values.Where(v => !double.IsNaN(v)))
        {
            counts[(int)value]++;
        }

        // Names that the schema lists are known, and not told because a row has them.
        bool[] folds = Array.ConvertAll(counts, n => !column.Closed && rules.IsRare(n));
        Replace(values, v => (double.IsNaN(v) ? hidesMissing : folds[(int)v]) ? folds.Length : v);
        return folds.Count(f => f);
    }

    private static void Replace(double[] values, Func<double, double> by)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = by(values[i]);
        }
    }
}
