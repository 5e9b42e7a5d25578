using TraversalLearning.Data.Formats;

namespace TraversalLearning.Data.Datasets;

/// <summary>Location and format of a data set's files. A node's own data may lack test files; an orchestrator's test set may lack training files.</summary>
public sealed record DatasetFiles
{
    /// <summary>Name, normalization and classes. Use <c>with</c> to change them.</summary>
    public required DatasetInfo Info { get; init; }

    /// <summary>The directory of the files.</summary>
    public required string Directory { get; init; }

    /// <summary>Format of the files.</summary>
    public required ISampleFormat Format { get; init; }

    /// <inheritdoc cref="ISampleFormat.IsPrepared"/>
    public bool IsPrepared => Format.IsPrepared;

    /// <inheritdoc cref="ISampleFormat.IsTable"/>
    public bool IsTable => Format.IsTable;

    /// <summary>Whether there are training files.</summary>
    public bool HasTrain => Format.IsIn(Directory, DatasetPart.Train, IsLabelled);

    /// <summary>Whether there are test files.</summary>
    public bool HasTest => Format.IsIn(Directory, DatasetPart.Test, IsLabelled);

    /// <summary>Whether labels are read and therefore required.</summary>
    public bool IsLabelled { get; init; } = true;

    /// <summary>Opens the training samples, to read some of them.</summary>
    /// <exception cref="DataException">There are no training files, a file is damaged, or a label is not below the class count.</exception>
    public ISamples OpenTrain() => HasTrain
        ? Format.Open(Directory, DatasetPart.Train, Info.ClassCount, IsLabelled)
        : throw new DataException(Directory, $"no training files ({Format.FilesOf(DatasetPart.Train)})");

    /// <summary>Reads the training samples.</summary>
    /// <exception cref="DataException">There are no training files, a file is damaged, or a label is not below the class count.</exception>
    public SampleSet ReadTrain() => OpenTrain().ReadAll();

    /// <summary>Reads the test samples.</summary>
    /// <exception cref="DataException">There are no test files, a file is damaged, or a label is not below the class count.</exception>
    public SampleSet ReadTest() => HasTest
        ? Format.Open(Directory, DatasetPart.Test, Info.ClassCount, IsLabelled).ReadAll()
        : throw new DataException(Directory, $"no test files ({Format.FilesOf(DatasetPart.Test)})");

    /// <summary>Finds a set's files in a directory, in any of <see cref="SampleFormats"/>. Null if there are neither training nor test files.</summary>
    /// <exception cref="DataException">The directory has files of two formats.</exception>
    public static DatasetFiles? Find(string directory, DatasetInfo info, bool labels = true) =>
        SampleFormats.Find(directory, labels) is { } format ? new DatasetFiles { Info = info, Directory = directory, Format = format, IsLabelled = labels } : null;
}
