using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data;

/// <summary>A column of a table.</summary>
/// <param name="Name">The name in the header.</param>
/// <param name="Kind">The column's kind.</param>
/// <param name="Categories">For a <see cref="ColumnKind.Category"/>: the names that occur, in the order of <see cref="Vocabulary.Sort"/>; otherwise empty.</param>
public sealed record TableColumn(string Name, ColumnKind Kind, IReadOnlyList<string> Categories)
{
    /// <summary>Whether the schema lists the categories; then all of them are included, whether they occur or not.</summary>
    public bool Closed { get; init; }
}

/// <summary>
/// The meaning of the elements of a table's rows before preparation (<see cref="Preparation"/>): numbers as they are, categories
/// as indices of their names, NaN for a missing value. Labels are indices of classes. Contains only names that occur in its own
/// rows: a node that takes part of a common table neither knows nor reveals names of the other parts.
/// </summary>
/// <param name="Label">The column to predict.</param>
/// <param name="Columns">The columns, in the order of the rows' elements.</param>
/// <param name="Classes">The names of the labels, in the order of <see cref="Vocabulary.Sort"/>; empty for numeric labels.</param>
public sealed record TableDictionary(string Label, IReadOnlyList<TableColumn> Columns, IReadOnlyList<string> Classes)
{
    /// <summary>The category of values that are not told (<see cref="ToldRows"/>). No file, statistics or preparation has this name.</summary>
    internal const string Other = "";

    /// <summary>Whether the schema lists the classes; then all of them are included, whether they occur or not.</summary>
    public bool ClosedClasses { get; init; }

    /// <summary>Whether the labels are numbers.</summary>
    public bool IsTarget { get; init; }

    /// <summary>Target size of images, if the samples are images with named classes and no columns.</summary>
    public ImageSettings? Image { get; init; }

    /// <summary>Spellings that count as missing, besides empty values.</summary>
    public IReadOnlyList<string> Missing { get; init; } = MissingValues.Default.Spellings;

    /// <summary>Removes names that do not occur, in place.</summary>
    /// <param name="values">Rows of this dictionary, <c>[n, columns]</c>; their indices are updated.</param>
    /// <param name="labels"><c>[n]</c>; updated likewise.</param>
    internal TableDictionary Shrink(Span<double> values, Span<int> labels)
    {
        var columns = new TableColumn[Columns.Count];
        for (int c = 0; c < columns.Length; c++)
        {
            columns[c] = Columns[c];
            if (Columns[c] is { Kind: ColumnKind.Category, Closed: false })
            {
                bool[] occurs = new bool[Columns[c].Categories.Count];
                for (int i = c; i < values.Length; i += columns.Length)
                {
                    if (!double.IsNaN(values[i]))
                    {
                        occurs[(int)values[i]] = true;
                    }
                }

                int[] places = Places(occurs);
                for (int i = c; i < values.Length; i += columns.Length)
                {
                    values[i] = double.IsNaN(values[i]) ? values[i] : places[(int)values[i]];
                }

                columns[c] = columns[c] with { Categories = Those(columns[c].Categories, occurs) };
            }
        }

        if (ClosedClasses || IsTarget || Classes.Count == 0)
        {
            return this with { Columns = columns };
        }

        bool[] seen = new bool[Classes.Count];
        foreach (int label in labels)
        {
            seen[label] = true;
        }

        int[] classes = Places(seen);
        foreach (ref int label in labels)
        {
            label = classes[label];
        }

        return this with { Columns = columns, Classes = Those(Classes, seen) };
    }

    /// <summary>Writes all names with their lengths, so that different dictionaries give different bytes.</summary>
    internal void WriteTo(BinaryWriter writer)
    {
        writer.Write(Label);
        writer.Write(Columns.Count);
        foreach (TableColumn column in Columns)
        {
            writer.Write(column.Name);
            writer.Write((byte)column.Kind);
            Write(column.Categories);
        }

        Write(Classes);

        void Write(IReadOnlyList<string> names)
        {
            writer.Write(names.Count);
            foreach (string name in names)
            {
                writer.Write(name);
            }
        }
    }

    private static string[] Those(IReadOnlyList<string> names, bool[] which) => [.. names.Where((_, i) => which[i])];

    private static int[] Places(bool[] which)
    {
        int place = 0;
        return Array.ConvertAll(which, here => here ? place++ : -1);
    }
}
