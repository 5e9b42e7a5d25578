using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>Which samples of a data set.</summary>
public enum DatasetPart
{
    /// <summary>Those that are trained on.</summary>
    Train,

    /// <summary>Those that the orchestrator evaluates with.</summary>
    Test,
}

/// <summary>A way in which samples lie in a directory. To add one, write it and register it in <see cref="SampleFormats"/>.</summary>
public interface ISampleFormat
{
    /// <summary>Whether its samples are rows of a table.</summary>
    bool IsTable => false;

    /// <summary>Whether its samples are prepared before they are trained on (<see cref="Preparation"/>): rows of a table, or images whose classes have names.</summary>
    bool IsPrepared => IsTable;

    /// <summary>The files that it wants, for messages: <c>train_x.npy and train_y.npy</c>.</summary>
    string FilesOf(DatasetPart part);

    /// <summary>Whether a directory has the files of a part.</summary>
    /// <param name="directory">Where they would be.</param>
    /// <param name="part">Which.</param>
    /// <param name="labels">Whether those of labels are among them.</param>
    bool IsIn(string directory, DatasetPart part, bool labels = true);

    /// <summary>Opens a part that <see cref="IsIn"/> has found.</summary>
    /// <param name="directory">Where its files are.</param>
    /// <param name="part">Which.</param>
    /// <param name="classCount">If given, every label must be smaller.</param>
    /// <param name="labels">Whether labels are read. Otherwise whatever there is of them is passed over, and the samples are not labelled.</param>
    /// <exception cref="DataException">A file cannot be read or is damaged; the message names it and says what is wrong.</exception>
    ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true);
}
