namespace TraversalLearning.Data;

/// <summary>
/// A table: <c>train.csv</c> and <c>test.csv</c>, the first line a header, with <c>schema.json</c> (<see cref="TableSchema"/>). Its rows are trained on when
/// they are prepared: numbers are standardised, categories are numbered alike at all nodes (<see cref="Preparation"/>).
/// </summary>
internal sealed class CsvFormat : ISampleFormat
{
    /// <inheritdoc/>
    public bool IsTable => true;

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{NameOf(part)} and {TableSchema.FileName}";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part) => File.Exists(Path.Combine(directory, NameOf(part)));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount) =>
        CsvTable.Read(Path.Combine(directory, NameOf(part)), TableSchema.Read(directory));

    private static string NameOf(DatasetPart part) => part == DatasetPart.Train ? "train.csv" : "test.csv";
}
