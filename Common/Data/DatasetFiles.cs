namespace TraversalLearning.Data;

/// <summary>Where a data set's files lie. A node's own shard may come without test files.</summary>
public sealed record DatasetFiles
{
    /// <summary>What the set is called, its normalization and classes. Replace it by <c>with</c> to say other ones.</summary>
    public required DatasetInfo Info { get; init; }

    /// <summary>The directory in which the files were found.</summary>
    public required string Directory { get; init; }

    /// <summary>Path of the training images.</summary>
    public required string TrainImages { get; init; }

    /// <summary>Path of the training labels.</summary>
    public required string TrainLabels { get; init; }

    /// <summary>Path of the test images, if there are any.</summary>
    public string? TestImages { get; init; }

    /// <summary>Path of the test labels, if there are any.</summary>
    public string? TestLabels { get; init; }

    /// <summary>Whether there are test files.</summary>
    public bool HasTest => TestImages is not null && TestLabels is not null;

    /// <summary>Reads the training samples.</summary>
    /// <exception cref="DataException">A file is damaged, or a label is not below the class count.</exception>
    public ImageSet ReadTrain() => IdxReader.Read(TrainImages, TrainLabels, Info.ClassCount);

    /// <summary>Reads the test samples.</summary>
    /// <exception cref="DataException">There are none, a file is damaged, or a label is not below the class count.</exception>
    public ImageSet ReadTest() => TestImages is not null && TestLabels is not null
        ? IdxReader.Read(TestImages, TestLabels, Info.ClassCount)
        : throw new DataException(Directory, "no test files (t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, .gz or not)");

    /// <summary>
    /// Looks for a set's files in a directory, under the names in use (<c>train-images-idx3-ubyte</c> or
    /// <c>train-images.idx3-ubyte</c>, with <c>.gz</c> or without). Null if the training files are not there.
    /// </summary>
    public static DatasetFiles? Find(string directory, DatasetInfo info) =>
        FindFile(directory, "train-images", 3) is { } images && FindFile(directory, "train-labels", 1) is { } labels
            ? new DatasetFiles
            {
                Info = info,
                Directory = directory,
                TrainImages = images,
                TrainLabels = labels,
                TestImages = FindFile(directory, "t10k-images", 3),
                TestLabels = FindFile(directory, "t10k-labels", 1),
            }
            : null;

    private static string? FindFile(string directory, string stem, int dimensions)
    {
        string[] names = [$"{stem}-idx{dimensions}-ubyte", $"{stem}.idx{dimensions}-ubyte"];
        return names.SelectMany(name => (string[])[name, name + ".gz"])
            .Select(name => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }
}
