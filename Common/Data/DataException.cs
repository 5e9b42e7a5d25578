using TraversalLearning.Files;

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

    /// <summary>What the system said when a file was opened or read.</summary>
    internal static DataException Unreadable(string file, Exception e) => new(file, FileError.ReasonOf(file, e), e);

    /// <summary>Whether this is something that opening or reading a file throws.</summary>
    internal static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException;
}
