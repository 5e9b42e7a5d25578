using System.Runtime.InteropServices;

namespace TraversalLearning.Data.Tables;

/// <summary>Applies a <see cref="Preparation"/>.</summary>
public static class PreparedRows
{
    /// <summary>The rows of a table as samples, <c>[n, features] float64</c>, or images unchanged, with class indices as labels.</summary>
    /// <param name="preparation">The preparation.</param>
    /// <param name="rows">Rows of a table; columns are matched by name.</param>
    /// <exception cref="TableException">The rows have other columns or an unknown class, or are too large.</exception>
    /// <exception cref="ArgumentException">The samples are not rows of a table.</exception>
    public static SampleSet Of(Preparation preparation, SampleSet rows)
    {
        TableDictionary table = rows.Table ?? throw new ArgumentException("The samples are not rows of a table.", nameof(rows));
        if (preparation.Image != table.Image)
        {
            throw new TableException($"the model is trained with {Text(preparation.Image)}, and these are {Text(table.Image)}; use the {TableSchema.FileName} that it was trained with");
        }

        if (preparation.Image is not null)
        {
            return new SampleSet(rows.Element, rows.Shape, rows.Values, rows.IsLabelled ? LabelsOf(preparation, table, rows.Labels) : rows.Labels) { IsLabelled = rows.IsLabelled };
        }

        int[] sources = Match(preparation, table);
        int features = preparation.FeatureCount;
        if ((long)rows.Count * features > Array.MaxLength / sizeof(double))
        {
            throw new TableException(
                $"{rows.Count} rows are {features} values each when their categories are spread out, more than fit; use more nodes, or columns with fewer categories");
        }

        byte[] bytes = new byte[rows.Count * features * sizeof(double)];
        Span<double> values = MemoryMarshal.Cast<byte, double>(bytes.AsSpan());
        ReadOnlySpan<double> raw = MemoryMarshal.Cast<byte, double>(rows.Values);
        int first = 0;
        for (int c = 0; c < preparation.Columns.Length; c++)
        {
            PreparedColumn column = preparation.Columns[c];
            if (column.Number is { } scaling)
            {
                for (int row = 0; row < rows.Count; row++)
                {
                    double value = raw[(row * sources.Length) + sources[c]];
                    values[(row * features) + first] = double.IsNaN(value) ? 0 : (value - scaling.Mean) / scaling.Std;
                }
            }
            else
            {
                CategoryCoding coding = column.Category!;
                int[] places = PlacesOf(table.Columns[sources[c]].Categories, coding.Names, coding.PlaceOfOther);
                for (int row = 0; row < rows.Count; row++)
                {
                    double value = raw[(row * sources.Length) + sources[c]];
                    int place = double.IsNaN(value) ? coding.PlaceOfMissing : places[(int)value];
                    if (place >= 0)
                    {
                        values[(row * features) + first + place] = 1;
                    }
                }
            }

            first += column.Width;
        }

        if (!rows.IsLabelled)
        {
            return new SampleSet(SampleElement.Float64, [features], bytes, rows.Labels) { IsLabelled = false };
        }

        RequireLabel(preparation, table);
        return rows.Targets is { } targets
            ? new SampleSet(SampleElement.Float64, [features], bytes, new SampleTargets(1, Array.ConvertAll(targets.Values, y => (y - preparation.Target!.Mean) / preparation.Target.Std)))
            : new SampleSet(SampleElement.Float64, [features], bytes, LabelsOf(preparation, table, rows.Labels));
    }

    /// <summary>The rows of classes that the preparation has; all rows if labels are numbers, or they are not rows of a table.</summary>
    public static SampleSet OfKnownClasses(Preparation preparation, SampleSet rows)
    {
        if (rows.Table is not { IsTarget: false } table)
        {
            return rows;
        }

        int[] places = PlacesOf(table.Classes, [.. preparation.Classes.Select(c => c.Name)], others: -1);
        return rows.Select([.. Enumerable.Range(0, rows.Count).Where(i => places[rows.Labels[i]] >= 0)]);
    }

    private static string Text(ImageSettings? image) => image is null ? "rows of tables" : $"images of {image}";

    private static void RequireLabel(Preparation preparation, TableDictionary table)
    {
        if (!string.Equals(table.Label, preparation.Label, StringComparison.Ordinal) || table.IsTarget == preparation.Target is null)
        {
            throw new TableException(
                $"the model is trained to predict {TableComparison.LabelWord(preparation.Target is not null)} '{preparation.Label}', and {TableSchema.FileName} names"
                + $" {TableComparison.LabelWord(table.IsTarget)} '{table.Label}'; use the {TableSchema.FileName} that it was trained with");
        }
    }

    /// <summary>The table's index of each of the preparation's columns.</summary>
    private static int[] Match(Preparation preparation, TableDictionary table)
    {
        string[] names = [.. table.Columns.Select(c => c.Name)];
        int[] sources = Array.ConvertAll(preparation.Columns, c => Array.IndexOf(names, c.Name));
        for (int c = 0; c < sources.Length; c++)
        {
            PreparedColumn column = preparation.Columns[c];
            if (sources[c] < 0)
            {
                throw new TableException($"the model is trained with a column '{column.Name}', and these rows have none");
            }

            if (table.Columns[sources[c]].Kind is var kind && kind != column.Kind)
            {
                throw new TableException($"column '{column.Name}' is {kind.Word()} here, and {column.Kind.Word()} where the model is trained; use the same {TableSchema.FileName}");
            }
        }

        return names.Length == sources.Length
            ? sources
            : throw new TableException(
                $"these rows have a column '{names.Except(preparation.Columns.Select(c => c.Name), StringComparer.Ordinal).First()}' that the model is not trained with; name it under \"ignore\" in {TableSchema.FileName}");
    }

    private static int[] LabelsOf(Preparation preparation, TableDictionary table, int[] labels)
    {
        string[] classes = [.. preparation.Classes.Select(c => c.Name)];
        int[] places = PlacesOf(table.Classes, classes, others: -1);
        int strange = Array.FindIndex(labels, l => places[l] < 0);
        return strange < 0
            ? Array.ConvertAll(labels, l => places[l])
            : throw new TableException($"the class '{table.Classes[labels[strange]]}' is none that the model is trained with: {TableLimits.Some(classes)}");
    }

    private static int[] PlacesOf(IReadOnlyList<string> names, string[] all, int others)
    {
        var places = all.Select((name, place) => (name, place)).ToDictionary(p => p.name, p => p.place, StringComparer.Ordinal);
        return [.. names.Select(name => places.GetValueOrDefault(name, others))];
    }
}
