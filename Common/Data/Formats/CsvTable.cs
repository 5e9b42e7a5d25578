using System.Globalization;
using System.Text;
using CsvHelper;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>Reads a CSV file (RFC 4180, UTF-8, optionally gzipped) row by row, never holding all of its text in memory.</summary>
internal sealed class CsvTable
{
    private static readonly CsvReaderOptions Rfc4180 = new()
    {
        Separator = ',',
        HasHeader = false, // It is read as the first record, by the same rules as the others.
        Mode = CsvMode.Rfc4180,
        MalformedData = CsvMalformedDataHandling.Throw,
        TrackLineNumbers = true,

        // A longer record means a missing closing quote.
        MaxRecordSize = 1 << 20,
    };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;
    private readonly CsvReader _reader;
    private readonly TextSource _source;
    private readonly string[] _header;
    private readonly TableBuilder _table;

    private CsvTable(string path, CsvReader reader, TextSource source, TableSchema schema, bool labels)
    {
        _path = path;
        _reader = reader;
        _source = source;
        if (!reader.Read())
        {
            throw new DataException(path, "is empty; its first line is to be a header");
        }

        _header = [.. Enumerable.Range(0, reader.FieldCount).Select(i => TableText.Name(TextOf(i, $"the header's column {i + 1}")))];
        _table = new TableBuilder(path, _header, schema, labels, () => $"line {_reader.LineNumber}");
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="schema">The schema of its columns.</param>
    /// <param name="labels">Whether labels are read.</param>
    /// <exception cref="DataException">The file cannot be read or has an error; the message names line and column.</exception>
    public static SampleSet Read(string path, TableSchema schema, bool labels)
    {
        try
        {
            using TextSource source = TextSource.Open(path);
            using var reader = CsvReader.Create(source, Rfc4180, leaveOpen: true);
            return new CsvTable(path, reader, source, schema, labels).ReadRows();
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
        int[] columns = [.. _table.Columns];
        string last = string.Empty;
        while (_reader.Read())
        {
            if (_reader.FieldCount != _header.Length)
            {
                string cut = _source.EndsWithinLine ? "; the file ends within this line: was it cut?" : string.Empty;
                throw new DataException(_path, $"line {_reader.LineNumber} has {_reader.FieldCount} values, and the header {_header.Length} columns{cut}");
            }

            foreach (int column in columns)
            {
                // Most values are numbers and need no string.
                if (_table.IsNumber(column) && double.TryParse(_reader.GetSpan(column), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
                {
                    _table.Add(column, number);
                }
                else
                {
                    _table.Add(column, TextOf(column));
                }
            }

            _table.EndRow();
            if (_source.EndsWithinLine)
            {
                last = TextOf(_header.Length - 1);
            }
        }

        return _source.EndsWithinLine && _table.CutAt(last) is { } doubt
            ? throw new DataException(_path, $"ends within its last line, and {doubt}: was it cut? If it is whole, end its last line as the others")
            : _table.Finish();
    }

    private string TextOf(int column, string? name = null)
    {
        try
        {
            return StrictUtf8.GetString(_reader.GetSpan(column));
        }
        catch (DecoderFallbackException e)
        {
            throw new DataException(_path, $"line {_reader.LineNumber}, {name ?? $"column '{_header[column]}'"}: is not UTF-8; save the file as that", e);
        }
    }
}
