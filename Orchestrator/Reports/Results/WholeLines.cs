using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>
/// Reads the complete lines of a file that may still be written to; an unterminated last line is left out.
/// </summary>
internal static class WholeLines
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="UserErrorException">The file cannot be read.</exception>
    public static string[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd().Split('\n')[..^1];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"cannot read '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }
}
