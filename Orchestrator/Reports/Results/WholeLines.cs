using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>The lines of a file that somebody may be writing: its last one is left out where it has no end yet.</summary>
internal static class WholeLines
{
    /// <summary>Reads them.</summary>
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
