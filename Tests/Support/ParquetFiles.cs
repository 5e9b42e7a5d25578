using Parquet;
using Parquet.Schema;

namespace TraversalLearning.Tests.Support;

/// <summary>Writes Parquet files, column by column.</summary>
public static class ParquetFiles
{
    /// <summary>A column: its field, and how some of its rows are written.</summary>
    public sealed record Column(DataField Field, int Count, Func<ParquetRowGroupWriter, Range, Task> WriteAsync);

    /// <summary>A column of numbers, dates and the like, where <see langword="null"/> is missing.</summary>
    public static Column Of<T>(string name, params T?[] values)
        where T : struct => Of(new DataField<T>(name, nullable: true), values);

    /// <summary>The same, with a field that says more of it.</summary>
    public static Column Of<T>(DataField field, params T?[] values)
        where T : struct => new(field, values.Length, (group, rows) => group.WriteAsync<T>(field, new ReadOnlyMemory<T?>(values[rows])));

    /// <summary>A column in which nothing may be missing.</summary>
    public static Column Required<T>(string name, params T[] values)
        where T : struct
    {
        var field = new DataField<T>(name, nullable: false);
        return new(field, values.Length, (group, rows) => group.WriteAsync<T>(field, new ReadOnlyMemory<T>(values[rows])));
    }

    /// <summary>A column of texts.</summary>
    public static Column Texts(string name, params string?[] values)
    {
        var field = new DataField<string>(name, nullable: true);
        return new(field, values.Length, (group, rows) => group.WriteAsync(field, values[rows]!));
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="groupSize">How many rows a row group has.</param>
    /// <param name="columns">Its columns.</param>
    public static byte[] Write(int groupSize, params Column[] columns) => Task.Run(async () =>
    {
        using var bytes = new MemoryStream();
        await using (ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => c.Field)), bytes))
        {
            for (int first = 0; first < columns[0].Count; first += groupSize)
            {
                using ParquetRowGroupWriter group = writer.CreateRowGroup();
                foreach (Column column in columns)
                {
                    await column.WriteAsync(group, first..Math.Min(first + groupSize, column.Count));
                }
            }
        }

        return bytes.ToArray();
    }).GetAwaiter().GetResult();
}
