using TraversalLearning.Files;

namespace TraversalLearning.Data;

#pragma warning disable RCS1194 // The standard constructors would allow a message that names no file.
/// <summary>A data file or data set cannot be used. The message, <c>FILE: REASON</c>, is meant for the user.</summary>
public sealed class DataException(string file, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}", inner)
{
    /// <summary>The offending file, directory or data set.</summary>
    public string File { get; } = file;

    /// <summary>The problem.</summary>
    public string Reason { get; } = reason;

    /// <summary>Wraps a system error from opening or reading a file.</summary>
    internal static DataException Unreadable(string file, Exception e) => new(file, FileError.ReasonOf(file, e), e);

    /// <summary>Whether opening or reading a file throws this kind of exception.</summary>
    internal static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException;
}
