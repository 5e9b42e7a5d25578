namespace TraversalLearning.Data;

/// <summary>The formats that are read. A new one is registered here, by one line.</summary>
internal static class SampleFormats
{
    public static IReadOnlyList<ISampleFormat> All { get; } =
    [
        new IdxFormat(),
        new CifarFormat(),
        new NpyFormat(),
        new CsvFormat(),
    ];

    /// <summary>The training files that are looked for, for messages.</summary>
    public static string TrainFiles => string.Join("; no ", All.Select(format => format.FilesOf(DatasetPart.Train)));

    /// <summary>The format of a directory's files, training or test. Null if there are none.</summary>
    /// <exception cref="DataException">There are files of two formats.</exception>
    public static ISampleFormat? Find(string directory)
    {
        ISampleFormat[] found = [.. All.Where(format => format.IsIn(directory, DatasetPart.Train) || format.IsIn(directory, DatasetPart.Test))];
        return found.Length <= 1
            ? found.FirstOrDefault()
            : throw new DataException(
                directory,
                $"holds files of two formats ({string.Join("; ", found.Select(f => f.FilesOf(DatasetPart.Train)))}); leave those of one there");
    }
}
