using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data;

/// <summary>A column of a table.</summary>
/// <param name="Name">As the header says it.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Categories">Of a <see cref="ColumnKind.Category"/>: the names that occur in it, in the order of <see cref="Vocabulary.Sort"/>; else none.</param>
public sealed record TableColumn(string Name, ColumnKind Kind, IReadOnlyList<string> Categories)
{
    /// <summary>Whether its schema names its categories: then all of them stand there, whether they occur or not.</summary>
    public bool Closed { get; init; }
}

/// <summary>
/// What the elements of a table's rows stand for, until they are prepared (<see cref="Preparation"/>): in a column of numbers the number, in one of
/// categories the index of its name, NaN where the value is missing. Labels are indices of classes. It names what occurs in its own rows and nothing
/// else: a node that takes its part of a common table knows, and says, nothing of the others'.
/// </summary>
/// <param name="Label">The column that is to be predicted.</param>
/// <param name="Columns">In the order of the rows' elements.</param>
/// <param name="Classes">The names of the labels, in the order of <see cref="Vocabulary.Sort"/>; none where the labels are numbers.</param>
public sealed record TableDictionary(string Label, IReadOnlyList<TableColumn> Columns, IReadOnlyList<string> Classes)
{
    /// <summary>Whether its schema names the classes: then all of them stand there, whether they occur or not.</summary>
    public bool ClosedClasses { get; init; }

    /// <summary>Whether the labels are numbers.</summary>
    public bool IsTarget { get; init; }

    /// <summary>What images are brought to, where the samples are images with named classes, and have no columns.</summary>
    public ImageSettings? Image { get; init; }

    /// <summary>What counts as missing in it, beside nothing.</summary>
    public IReadOnlyList<string> Missing { get; init; } = MissingValues.Default.Spellings;

    /// <summary>Leaves out the names that do not occur, in place.</summary>
    /// <param name="values">Rows of this dictionary, <c>[n, columns]</c>; their indices are made those of the result.</param>
    /// <param name="labels"><c>[n]</c>, likewise.</param>
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

    /// <summary>Writes all names, each with its length, so that no two dictionaries are written alike.</summary>
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
