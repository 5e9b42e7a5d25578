namespace TraversalLearning.Files;

/// <summary>What the system says of a file, in words that name what is to be mended.</summary>
public static class FileError
{
    /// <summary>Why a file could not be read or written.</summary>
    /// <param name="path">Which.</param>
    /// <param name="e">What opening, reading or writing it has thrown.</param>
    public static string ReasonOf(string path, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "not found",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
        UnauthorizedAccessException => "permission denied",
        EndOfStreamException => "became shorter while it was read",
        _ => e.Message,
    };
}
