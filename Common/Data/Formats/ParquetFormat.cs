using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// A table: <c>train.parquet</c> and <c>test.parquet</c>, with <c>schema.json</c> (<see cref="TableSchema"/>). Gives the same
/// rows as the same table in CSV (<see cref="CsvFormat"/>).
/// </summary>
internal sealed class ParquetFormat : ISampleFormat
{
    /// <inheritdoc/>
    public bool IsTable => true;

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{NameOf(part)} and {TableSchema.FileName}";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) => File.Exists(Path.Combine(directory, NameOf(part)));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true) =>
        ParquetTable.Read(Path.Combine(directory, NameOf(part)), TableSchema.Read(directory), labels);

    private static string NameOf(DatasetPart part) => part == DatasetPart.Train ? "train.parquet" : "test.parquet";
}
