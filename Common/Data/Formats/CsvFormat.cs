using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// A table: <c>train.csv</c> and <c>test.csv</c> with a header line, optionally gzipped (<c>.gz</c>), and <c>schema.json</c>
/// (<see cref="TableSchema"/>). Rows are prepared for training: numbers are standardised, and categories are numbered alike at
/// all nodes (<see cref="Preparation"/>).
/// </summary>
internal sealed class CsvFormat : ISampleFormat
{
    /// <inheritdoc/>
    public bool IsTable => true;

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{NameOf(part)} (.gz or not) and {TableSchema.FileName}";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) => Find(directory, part) is not null;

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true) =>
        CsvTable.Read(Find(directory, part)!, TableSchema.Read(directory), labels);

    private static string? Find(string directory, DatasetPart part) =>
        ((string[])[NameOf(part), NameOf(part) + ".gz"]).Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static string NameOf(DatasetPart part) => part == DatasetPart.Train ? "train.csv" : "test.csv";
}
