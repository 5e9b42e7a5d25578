namespace TraversalLearning.Data.Formats;

/// <summary>The supported formats. Register a new one here.</summary>
internal static class SampleFormats
{
    public static IReadOnlyList<ISampleFormat> All { get; } =
    [
        new IdxFormat(),
        new CifarFormat(),
        new NpyFormat(),
        new NpzFormat(),
        new CsvFormat(),
        new ParquetFormat(),
        new ImageFolderFormat(),
    ];

    /// <summary>The accepted training files, for messages.</summary>
    public static string TrainFiles => string.Join("; no ", All.Select(format => format.FilesOf(DatasetPart.Train)));

    /// <summary>The format of a directory's training or test files. Null if there are none.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="labels">Whether labels are required.</param>
    /// <exception cref="DataException">The directory has files of two formats.</exception>
    public static ISampleFormat? Find(string directory, bool labels)
    {
        ISampleFormat[] found = [.. All.Where(format => format.IsIn(directory, DatasetPart.Train, labels) || format.IsIn(directory, DatasetPart.Test, labels))];
        return found.Length <= 1
            ? found.FirstOrDefault()
            : throw new DataException(
                directory,
                $"holds files of two formats ({string.Join("; ", found.Select(f => f.FilesOf(DatasetPart.Train)))}); leave those of one there");
    }
}
