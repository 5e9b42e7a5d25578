namespace TraversalLearning.Files;

/// <summary>Describes system errors about files in words that say what to fix.</summary>
public static class FileError
{
    /// <summary>Why a file could not be read or written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="e">The exception from opening, reading or writing it.</param>
    public static string ReasonOf(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "not found",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
        UnauthorizedAccessException => "permission denied",
        EndOfStreamException => "became shorter while it was read",
        _ => e.Message,
    };
}
