using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Writes files of a report atomically: readers see the old or the new content.</summary>
internal static class ReportFile
{
    /// <summary>Writes a file.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public static void Write(string path, string text) =>
        ErrorTable.Writing.Guard(() => ReplacedFile.Write(path, Encoding.UTF8.GetBytes(text)), e => $"cannot write '{path}': {FileError.ReasonOf(path, e)}");
}
