using Parquet;
using Parquet.Schema;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>Reads a Parquet file by row groups, and only the columns in use.</summary>
internal sealed class ParquetTable
{
    private readonly string _path;
    private readonly ParquetReader _reader;
    private readonly TableBuilder _table;
    private readonly (int Index, DataField Field)[] _columns;
    private long _row;

    private ParquetTable(string path, ParquetReader reader, TableSchema schema, bool labels)
    {
        _path = path;
        _reader = reader;
        IReadOnlyList<Field> fields = reader.Schema.Fields;
        _table = new TableBuilder(path, [.. fields.Select(f => TableText.Name(f.Name))], schema, labels, () => $"row {_row}");
        _columns = [.. _table.Columns.Select(c => (c, Require(fields[c], _table.IsNumber(c))))];
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="schema">The schema of its columns.</param>
    /// <param name="labels">Whether labels are read.</param>
    /// <exception cref="DataException">The file cannot be read or has an error; the message names row and column.</exception>
    /// <remarks>Blocks: the library is asynchronous only, and callers of the other formats wait for the data anyway.</remarks>
    public static SampleSet Read(string path, TableSchema schema, bool labels) => Task.Run(() => ReadAsync(path, schema, labels)).GetAwaiter().GetResult();

    private static async Task<SampleSet> ReadAsync(string path, TableSchema schema, bool labels)
    {
        await using FileStream file = Open(path);
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(file, new ParquetOptions { UseDateOnlyTypeForDates = true });
            return await new ParquetTable(path, reader, schema, labels).ReadRowsAsync();
        }
        catch (OutOfMemoryException e)
        {
            throw new DataException(path, "claims more rows than the memory holds; deal it out to more nodes, or write it again if it is smaller", e);
        }
        catch (Exception e) when (e is not DataException)
        {
            // The library throws arbitrary exceptions for damaged files.
            throw new DataException(path, "is no Parquet file, is damaged, or was cut; copy or write it again", e);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return RowFile.Open(path);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    private async Task<SampleSet> ReadRowsAsync()
    {
        foreach (ParquetRowGroupReader group in _reader.RowGroups)
        {
            var columns = new ParquetColumn[_columns.Length];
            for (int c = 0; c < columns.Length; c++)
            {
                columns[c] = await ParquetColumn.ReadAsync(group, _columns[c].Field, _table.IsNumber(_columns[c].Index));
            }

            for (int row = 0; row < group.RowCount; row++, _row++)
            {
                for (int c = 0; c < columns.Length; c++)
                {
                    columns[c].AddTo(_table, _columns[c].Index, row);
                }

                _table.EndRow();
            }
        }

        return _table.Finish();
    }

    private DataField Require(Field field, bool number)
    {
        string? problem = field is not DataField { IsArray: false } flat ? "holds lists or other nested values"
            : !ParquetColumn.CanRead(flat.ClrType, number: false) ? $"holds values of the type {flat.ClrType.Name}, which are not read"
            : number && !ParquetColumn.CanRead(flat.ClrType, number) ? "holds dates or other values that are no numbers; if it holds names, say so under \"categorical\" in schema.json"
            : null;
        return problem is null ? (DataField)field : throw new DataException(_path, $"column '{field.Name}' {problem}; leave it out under \"ignore\", or write it otherwise");
    }
}
