using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>A file of a report: replaced whole, so that whoever reads it finds the old one or the new one.</summary>
internal static class ReportFile
{
    /// <summary>Writes it.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public static void Write(string path, string text) =>
        ErrorTable.Writing.Guard(() => ReplacedFile.Write(path, Encoding.UTF8.GetBytes(text)), e => $"cannot write '{path}': {FileError.ReasonOf(path, e)}");
}
