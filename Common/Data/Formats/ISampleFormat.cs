using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>Part of a data set.</summary>
public enum DatasetPart
{
    /// <summary>The training samples.</summary>
    Train,

    /// <summary>The samples for the orchestrator's evaluation.</summary>
    Test,
}

/// <summary>A file format for samples in a directory. To add one, implement it and register it in <see cref="SampleFormats"/>.</summary>
public interface ISampleFormat
{
    /// <summary>Whether the samples are rows of a table.</summary>
    bool IsTable => false;

    /// <summary>Whether samples are prepared before training (<see cref="Preparation"/>): rows of a table, or images with named classes.</summary>
    bool IsPrepared => IsTable;

    /// <summary>The required files, for messages: <c>train_x.npy and train_y.npy</c>.</summary>
    string FilesOf(DatasetPart part);

    /// <summary>Whether a directory has the files of a part.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="part">The part.</param>
    /// <param name="labels">Whether label files are required.</param>
    bool IsIn(string directory, DatasetPart part, bool labels = true);

    /// <summary>Opens a part that <see cref="IsIn"/> has found.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="part">The part.</param>
    /// <param name="classCount">If given, every label must be smaller.</param>
    /// <param name="labels">Whether labels are read. Otherwise they are ignored, and the samples are unlabelled.</param>
    /// <exception cref="DataException">A file cannot be read or is damaged; the message names the file and the problem.</exception>
    ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true);
}
