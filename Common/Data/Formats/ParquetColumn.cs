using System.Globalization;
using System.Numerics;
using Parquet;
using Parquet.Schema;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>A column's values in a row group: numbers, or texts as in a CSV file; NaN or an empty text for a missing value.</summary>
internal sealed class ParquetColumn
{
    // Replaces bytes that are not valid text.
    private const char Replacement = '\uFFFD';

    private static readonly Dictionary<Type, Kind> Kinds = new()
    {
        [typeof(bool)] = new(number => Reader<bool>(number, v => v ? 1 : 0, v => v.ToString()), IsNumber: true),
        [typeof(sbyte)] = Integer<sbyte>(),
        [typeof(byte)] = Integer<byte>(),
        [typeof(short)] = Integer<short>(),
        [typeof(ushort)] = Integer<ushort>(),
        [typeof(int)] = Integer<int>(),
        [typeof(uint)] = Integer<uint>(),
        [typeof(long)] = Integer<long>(),
        [typeof(ulong)] = Integer<ulong>(),
        [typeof(Half)] = new(number => Reader<Half>(number, v => (double)v, v => Half.IsNaN(v) ? string.Empty : PlainNumber.Of(v)), IsNumber: true),
        [typeof(float)] = new(number => Reader<float>(number, v => v, v => float.IsNaN(v) ? string.Empty : PlainNumber.Of(v)), IsNumber: true),
        [typeof(double)] = new(number => Reader<double>(number, v => v, v => double.IsNaN(v) ? string.Empty : PlainNumber.Of(v)), IsNumber: true),

        // Through its text, so that it rounds as in a CSV file.
        [typeof(decimal)] = new(number => Reader<decimal>(number, v => double.Parse(Text(v), CultureInfo.InvariantCulture), Text), IsNumber: true),
        [typeof(ReadOnlyMemory<char>)] = new(_ => ReadTextsAsync, IsNumber: true),
        [typeof(DateOnly)] = Named<DateOnly>("yyyy-MM-dd"),
        [typeof(DateTime)] = Named<DateTime>("yyyy-MM-ddTHH:mm:ss.FFFFFFF"),
        [typeof(TimeOnly)] = Named<TimeOnly>("HH:mm:ss.FFFFFFF"),
        [typeof(TimeSpan)] = Named<TimeSpan>("c"),
        [typeof(Guid)] = Named<Guid>("D"),
    };

    private readonly double[]? _numbers;
    private readonly string?[]? _texts;

    private ParquetColumn(double[] numbers) => _numbers = numbers;

    private ParquetColumn(string?[] texts) => _texts = texts;

    private delegate Task<ParquetColumn> Read(ParquetRowGroupReader group, DataField field);

    /// <summary>Whether values of a type are supported.</summary>
    /// <param name="type">Type of a value.</param>
    /// <param name="number">Whether numbers are required; texts are accepted and parsed.</param>
    public static bool CanRead(Type type, bool number) => Kinds.TryGetValue(type, out Kind? kind) && (!number || kind.IsNumber);

    /// <summary>Reads a column of a row group.</summary>
    public static Task<ParquetColumn> ReadAsync(ParquetRowGroupReader group, DataField field, bool number) => Kinds[field.ClrType].Reader(number)(group, field);

    /// <summary>Adds a row's value to a table.</summary>
    public void AddTo(TableBuilder table, int column, int row)
    {
        if (_numbers is not null && !double.IsNaN(_numbers[row]))
        {
            table.Add(column, _numbers[row]);
        }
        else
        {
            table.Add(column, _texts?[row] ?? string.Empty);
        }
    }

    private static Kind Integer<T>()
        where T : struct, IBinaryInteger<T> => new(number => Reader<T>(number, double.CreateChecked, v => Text(v)), IsNumber: true);

    private static Kind Named<T>(string format)
        where T : struct, IFormattable => new(_ => Reader<T>(number: false, _ => double.NaN, v => v.ToString(format, CultureInfo.InvariantCulture)), IsNumber: false);

    private static string Text<T>(T value)
        where T : IFormattable => value.ToString(format: null, CultureInfo.InvariantCulture);

    private static Read Reader<T>(bool number, Converter<T, double> toNumber, Converter<T, string> toText)
        where T : struct => number
            ? async (group, field) => new ParquetColumn(await ReadAsync(group, field, toNumber, double.NaN))
            : async (group, field) => new ParquetColumn(await ReadAsync(group, field, toText, string.Empty));

    private static async Task<TResult[]> ReadAsync<T, TResult>(ParquetRowGroupReader group, DataField field, Converter<T, TResult> convert, TResult missing)
        where T : struct
    {
        int rows = checked((int)group.RowCount);
        if (!field.IsNullable)
        {
            var all = new T[rows];
            await group.ReadAsync<T>(field, all.AsMemory());
            return Array.ConvertAll(all, convert);
        }

        var values = new T?[rows];
        await group.ReadAsync<T>(field, values.AsMemory());
        return Array.ConvertAll(values, v => v is { } value ? convert(value) : missing);
    }

    private static async Task<ParquetColumn> ReadTextsAsync(ParquetRowGroupReader group, DataField field)
    {
        string?[] texts = new string?[checked((int)group.RowCount)];
        await group.ReadAsync(field, texts!.AsMemory()!);
        return texts.FirstOrDefault(t => t?.Contains(Replacement, StringComparison.Ordinal) == true) is null
            ? new ParquetColumn(texts)
            : throw new InvalidDataException("a text is not UTF-8");
    }

    private sealed record Kind(Func<bool, Read> Reader, bool IsNumber);
}
