using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CsvHelper;

namespace TraversalLearning.Data;

/// <summary>Reads a CSV file (RFC 4180, UTF-8) row by row: the text of the whole file is never in memory, its values are, 8 bytes each.</summary>
internal sealed class CsvTable
{
    private static readonly CsvReaderOptions Rfc4180 = new()
    {
        Separator = ',',
        HasHeader = false, // It is read as the first record, by the same rules as the others.
        Mode = CsvMode.Rfc4180,
        MalformedData = CsvMalformedDataHandling.Throw,
        TrackLineNumbers = true,

        // Longer is no record, but a quote that has lost its other one.
        MaxRecordSize = 1 << 20,
    };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly CsvReader _reader;
    private readonly string[] _header;
    private readonly ColumnKind?[] _kinds;
    private readonly int _label;
    private readonly Vocabulary[] _vocabularies;
    private readonly Vocabulary _classes = new();

    private CsvTable(string path, CsvReader reader, TableSchema schema)
    {
        _path = path;
        _reader = reader;
        if (!reader.Read())
        {
            throw new DataException(path, "is empty; its first line is to be a header");
        }

        _header = [.. Enumerable.Range(0, reader.FieldCount).Select(i => TextOf(i, $"the header's column {i + 1}"))];
        schema.Require(path, _header);
        _kinds = Array.ConvertAll(_header, schema.KindOf);
        _label = Array.IndexOf(_header, schema.Label);
        _vocabularies = Array.ConvertAll(_header, _ => new Vocabulary());
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="DataException">It cannot be read, or something in it is wrong; the message names line and column.</exception>
    public static SampleSet Read(string path, TableSchema schema)
    {
        try
        {
            using var reader = CsvReader.Create(RowFile.Open(path), Rfc4180, leaveOpen: false);
            return new CsvTable(path, reader, schema).ReadRows();
        }
        catch (CsvFormatException e)
        {
            throw new DataException(
                path, $"line {e.LineNumber}: a quote stands inside a value, or has lost its other one; put such values in quotes, and double the quotes in them", e);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    private SampleSet ReadRows()
    {
        int[] used = [.. Enumerable.Range(0, _header.Length).Where(c => _kinds[c] is not null)];
        var values = new List<double>();
        var labels = new List<int>();
        while (_reader.Read())
        {
            if (_reader.FieldCount != _header.Length)
            {
                throw new DataException(_path, $"line {_reader.LineNumber} has {_reader.FieldCount} values, and the header {_header.Length} columns");
            }

            if (values.Count > (Array.MaxLength / sizeof(double)) - used.Length)
            {
                throw new DataException(_path, $"has more than {Array.MaxLength / sizeof(double)} values; deal it out to more nodes");
            }

            foreach (int column in used)
            {
                values.Add(ValueOf(column));
            }

            labels.Add(LabelOf());
        }

        return labels.Count > 0 ? Finish(used, CollectionsMarshal.AsSpan(values), [.. labels]) : throw new DataException(_path, "has no row behind its header");
    }

    private double ValueOf(int column)
    {
        // Most values are numbers, which need not become text.
        if (_kinds[column] == ColumnKind.Number
            && double.TryParse(_reader.GetSpan(column), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number))
        {
            return number;
        }

        string text = TextOf(column);
        return MissingValues.Contains(text) ? double.NaN
            : _kinds[column] == ColumnKind.Category ? _vocabularies[column].IndexOf(text)
            : throw Wrong(
                column, $"'{Shown(text)}' is not a finite number; if the column holds names, say so under \"categorical\" in {TableSchema.FileName}, or leave it out under \"ignore\"");
    }

    private int LabelOf()
    {
        string text = TextOf(_label);
        return MissingValues.Contains(text) ? throw Wrong(_label, "the class is missing; name it, or leave the row out") : _classes.IndexOf(text);
    }

    private string TextOf(int column, string? name = null)
    {
        try
        {
            return StrictUtf8.GetString(_reader.GetSpan(column)).Trim();
        }
        catch (DecoderFallbackException e)
        {
            throw new DataException(_path, $"line {_reader.LineNumber}, {name ?? $"column '{_header[column]}'"}: is not UTF-8; save the file as that", e);
        }
    }

    private SampleSet Finish(int[] used, Span<double> values, int[] labels)
    {
        var columns = new TableColumn[used.Length];
        for (int c = 0; c < used.Length; c++)
        {
            (string[] names, int[] places) = _vocabularies[used[c]].Sorted();
            columns[c] = new TableColumn(_header[used[c]], _kinds[used[c]]!.Value, names);
            if (columns[c].Kind == ColumnKind.Category)
            {
                for (int i = c; i < values.Length; i += used.Length)
                {
                    values[i] = double.IsNaN(values[i]) ? values[i] : places[(int)values[i]];
                }
            }
        }

        (string[] classes, int[] order) = _classes.Sorted();
        if (TableLimits.Problem(columns.Select(c => (c.Name, c.Categories)), classes) is { } problem)
        {
            throw new DataException(_path, problem);
        }

        return new SampleSet(SampleElement.Float64, [used.Length], MemoryMarshal.AsBytes(values).ToArray(), Array.ConvertAll(labels, l => order[l]))
        {
            Table = new TableDictionary(columns, classes),
        };
    }

    private DataException Wrong(int column, string problem) => new(_path, $"line {_reader.LineNumber}, column '{_header[column]}': {problem}");

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
