using System.Globalization;
using System.Runtime.InteropServices;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>Builds a table value by value, for all file formats: 8 bytes per value, names as indices.</summary>
internal sealed class TableBuilder
{
    private readonly string _path;
    private readonly string[] _header;
    private readonly TableSchema _schema;
    private readonly Func<string> _place;
    private readonly ColumnKind?[] _kinds;
    private readonly int _label;
    private readonly int[] _used;
    private readonly Vocabulary[] _vocabularies;
    private readonly HashSet<string>?[] _closed;
    private readonly Vocabulary _classes = new();
    private readonly HashSet<string>? _closedClasses;
    private readonly List<double> _values = [];
    private readonly List<int> _labels = [];
    private readonly List<double> _targets = [];

    /// <summary>Creates a table without rows.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="header">The column names.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="labels">Whether labels are read; otherwise their column is ignored and may be absent.</param>
    /// <param name="place">The reader's position in the file: <c>line 7</c>.</param>
    /// <exception cref="DataException">The header does not match the schema.</exception>
    public TableBuilder(string path, string[] header, TableSchema schema, bool labels, Func<string> place)
    {
        schema.Require(path, header, labels);
        _path = path;
        _header = header;
        _schema = schema;
        _place = place;
        _kinds = Array.ConvertAll(header, schema.KindOf);
        _label = labels ? Array.IndexOf(header, schema.Label) : -1;
        _used = [.. Enumerable.Range(0, header.Length).Where(c => _kinds[c] is not null)];
        _vocabularies = Array.ConvertAll(header, _ => new Vocabulary());
        _closed = Array.ConvertAll(header, name => schema.Categories.TryGetValue(name, out string[]? names) ? names.ToHashSet(StringComparer.Ordinal) : null);
        _closedClasses = schema.Classes?.ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The columns in use, in file order, including the label if labels are read.</summary>
    public IEnumerable<int> Columns => Enumerable.Range(0, _header.Length).Where(c => _kinds[c] is not null || c == _label);

    /// <summary>Whether a column holds numbers, so that its values need no string.</summary>
    public bool IsNumber(int column) => column == _label ? _schema.IsTarget : _kinds[column] == ColumnKind.Number;

    /// <summary>Adds the next value of a column of numbers; NaN for a missing value.</summary>
    public void Add(int column, double value)
    {
        if (double.IsInfinity(value) || (column == _label && (double.IsNaN(value) || _schema.Missing.Contains(value))))
        {
            Add(column, value.ToString(CultureInfo.InvariantCulture));
            return;
        }

        (column == _label ? _targets : _values).Add(_schema.Missing.Contains(value) ? double.NaN : value);
    }

    /// <summary>Adds the next value of a column.</summary>
    /// <exception cref="DataException">The value is invalid for the column.</exception>
    public void Add(int column, string text)
    {
        string name = TableText.Name(text);
        bool missing = _schema.Missing.Contains(name);
        if (column == _label)
        {
            AddLabel(name, missing);
        }
        else if (missing)
        {
            _values.Add(double.NaN);
        }
        else if (_kinds[column] == ColumnKind.Category)
        {
            RequireOf(_closed[column], column, name, "categories");
            _values.Add(_vocabularies[column].IndexOf(text));
        }
        else
        {
            _values.Add(Number(column, name, "if the column holds names, say so under \"categorical\" in schema.json, leave it out under \"ignore\", or name what stands for a missing value under \"missing\""));
        }
    }

    /// <summary>Ends a row after all of its values.</summary>
    /// <exception cref="DataException">The table is too large.</exception>
    public void EndRow()
    {
        if (_label < 0 || _schema.IsTarget)
        {
            _labels.Add(0);
        }

        if (_values.Count > (Array.MaxLength / sizeof(double)) - _used.Length)
        {
            throw new DataException(_path, $"has more than {Array.MaxLength / sizeof(double)} values; deal it out to more nodes");
        }
    }

    /// <summary>Why the file's last value may be truncated; <see langword="null"/> if nothing suggests it.</summary>
    /// <param name="text">The file's last value, in the last column.</param>
    public string? CutAt(string text)
    {
        Vocabulary vocabulary = _header.Length - 1 == _label ? _classes : _vocabularies[^1];
        return vocabulary.CompletionOf(text) is { } whole ? $"its last value '{text}' is the beginning of '{whole}'" : null;
    }

    /// <summary>The finished table.</summary>
    /// <exception cref="DataException">The table has no rows, or too many or too long names.</exception>
    public SampleSet Finish()
    {
        if (_labels.Count == 0)
        {
            throw new DataException(_path, "has no row behind its header");
        }

        Span<double> values = CollectionsMarshal.AsSpan(_values);
        var columns = new TableColumn[_used.Length];
        for (int c = 0; c < _used.Length; c++)
        {
            columns[c] = Column(_used[c], values[c..]);
        }

        (string[] classes, int[] order) = Sorted(_classes, _label < 0 ? null : _schema.Classes);
        if (TableLimits.Problem(columns.Select(c => (c.Name, c.Categories)), _schema.Label, classes) is { } problem)
        {
            throw new DataException(_path, problem);
        }

        byte[] bytes = MemoryMarshal.AsBytes(values).ToArray();
        var table = new TableDictionary(_schema.Label, columns, classes)
        {
            ClosedClasses = _label >= 0 && _schema.Classes is not null,
            IsTarget = _schema.IsTarget,
            Missing = _schema.Missing.Spellings,
        };
        return _label >= 0 && _schema.IsTarget
            ? new SampleSet(SampleElement.Float64, [_used.Length], bytes, new SampleTargets(1, [.. _targets])) { Table = table }
            : new SampleSet(SampleElement.Float64, [_used.Length], bytes, _label < 0 ? [.. _labels] : [.. _labels.Select(l => order[l])]) { Table = table, IsLabelled = _label >= 0 };
    }

    private void AddLabel(string name, bool missing)
    {
        if (_schema.IsTarget)
        {
            _targets.Add(missing ? throw Wrong(_label, "the number that is to be predicted is missing; name it, or leave the row out")
                : Number(_label, name, """if the column holds names, call it "label" in schema.json"""));
            return;
        }

        if (missing)
        {
            throw Wrong(_label, "the class is missing; name it, or leave the row out");
        }

        RequireOf(_closedClasses, _label, name, "classes");
        _labels.Add(_classes.IndexOf(name));
    }

    private double Number(int column, string name, string hint) =>
        double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(column, $"'{TableLimits.Shown(name)}' is not a finite number; {hint}");

    private void RequireOf(HashSet<string>? closed, int column, string name, string key)
    {
        if (closed?.Contains(TableText.Value(name)) == false)
        {
            string near = closed.FirstOrDefault(n => TableText.Likeness(n) == TableText.Likeness(name)) is { } like ? $"; did you mean '{like}'?" : string.Empty;
            throw Wrong(column, $"'{TableLimits.Shown(name)}' is none of the \"{key}\" in {TableSchema.FileName}: {TableLimits.Some(Vocabulary.Sort(closed))}{near}");
        }
    }

    private TableColumn Column(int column, Span<double> values)
    {
        string[]? closed = _schema.Categories.GetValueOrDefault(_header[column]);
        (string[] names, int[] places) = Sorted(_vocabularies[column], closed);
        if (_kinds[column] == ColumnKind.Category)
        {
            for (int i = 0; i < values.Length; i += _used.Length)
            {
                values[i] = double.IsNaN(values[i]) ? values[i] : places[(int)values[i]];
            }
        }

        return new TableColumn(_header[column], _kinds[column]!.Value, names) { Closed = closed is not null };
    }

    /// <summary>The sorted names, all of a closed list, and the position there of each vocabulary index.</summary>
    private static (string[] Names, int[] Places) Sorted(Vocabulary vocabulary, string[]? closed)
    {
        (string[] names, int[] places) = vocabulary.Sorted();
        return closed is null ? (names, places) : (closed, Array.ConvertAll(places, p => Array.IndexOf(closed, names[p])));
    }

    private DataException Wrong(int column, string problem) => new(_path, $"{_place()}, column '{_header[column]}': {problem}");
}
