namespace TraversalLearning.Data;

#pragma warning disable RCS1194 // The standard constructors would allow a message that names no file.
/// <summary>A data file or data set that cannot be used. The message, <c>FILE: REASON</c>, is meant for the user.</summary>
public sealed class DataException(string file, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}", inner)
{
    /// <summary>The file, directory or data set that is at fault.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
