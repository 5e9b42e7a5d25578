using TraversalLearning.Data.Formats;

namespace TraversalLearning.Data.Datasets;

/// <summary>Where a data set's files lie, and in which format. A node's own shard may come without test files, an orchestrator's test set without others.</summary>
public sealed record DatasetFiles
{
    /// <summary>What the set is called, its normalization and classes. Replace it by <c>with</c> to say other ones.</summary>
    public required DatasetInfo Info { get; init; }

    /// <summary>The directory in which the files were found.</summary>
    public required string Directory { get; init; }

    /// <summary>What they are.</summary>
    public required ISampleFormat Format { get; init; }

    /// <inheritdoc cref="ISampleFormat.IsPrepared"/>
    public bool IsPrepared => Format.IsPrepared;

    /// <inheritdoc cref="ISampleFormat.IsTable"/>
    public bool IsTable => Format.IsTable;

    /// <summary>Whether there are training files.</summary>
    public bool HasTrain => Format.IsIn(Directory, DatasetPart.Train, IsLabelled);

    /// <summary>Whether there are test files.</summary>
    public bool HasTest => Format.IsIn(Directory, DatasetPart.Test, IsLabelled);

    /// <summary>Whether labels are read, so that they have to be there.</summary>
    public bool IsLabelled { get; init; } = true;

    /// <summary>The training samples, to take some of them.</summary>
    /// <exception cref="DataException">There are none, a file is damaged, or a label is not below the class count.</exception>
    public ISamples OpenTrain() => HasTrain
        ? Format.Open(Directory, DatasetPart.Train, Info.ClassCount, IsLabelled)
        : throw new DataException(Directory, $"no training files ({Format.FilesOf(DatasetPart.Train)})");

    /// <summary>Reads the training samples.</summary>
    /// <exception cref="DataException">There are none, a file is damaged, or a label is not below the class count.</exception>
    public SampleSet ReadTrain() => OpenTrain().ReadAll();

    /// <summary>Reads the test samples.</summary>
    /// <exception cref="DataException">There are none, a file is damaged, or a label is not below the class count.</exception>
    public SampleSet ReadTest() => HasTest
        ? Format.Open(Directory, DatasetPart.Test, Info.ClassCount, IsLabelled).ReadAll()
        : throw new DataException(Directory, $"no test files ({Format.FilesOf(DatasetPart.Test)})");

    /// <summary>Looks for a set's files in a directory, in every format of <see cref="SampleFormats"/>. Null if there are neither training nor test files.</summary>
    /// <exception cref="DataException">There are files of two formats.</exception>
    public static DatasetFiles? Find(string directory, DatasetInfo info, bool labels = true) =>
        SampleFormats.Find(directory, labels) is { } format ? new DatasetFiles { Info = info, Directory = directory, Format = format, IsLabelled = labels } : null;
}
