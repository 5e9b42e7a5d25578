using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// Writes the report of a study, a run or two studies: <c>results.csv</c>, <c>results.json</c> and <c>report.html</c>,
/// built from run folders alone.
/// </summary>
internal static class StudyReport
{
    /// <summary>File name of the page.</summary>
    public const string PageName = "report.html";

    /// <summary>
    /// Writes <c>study.json</c> and the report of a study, in progress or completed; each file is replaced atomically.
    /// </summary>
    /// <param name="studyFolder">The study folder.</param>
    /// <param name="name">The study's name.</param>
    /// <param name="command">The command that executes the study.</param>
    /// <param name="rows">All runs.</param>
    /// <returns>The page's path.</returns>
    /// <exception cref="UserErrorException">A file cannot be written, or a run folder is damaged.</exception>
    public static string Write(string studyFolder, string name, string command, IReadOnlyList<StudyRow> rows)
    {
        var record = new StudyRecord(name, command, rows);
        record.Save(studyFolder);
        return Write(studyFolder, new Report([ReportSource.Of(record)]));
    }

    /// <summary>Regenerates the report of a study, comparison or run folder.</summary>
    /// <returns>The page's path.</returns>
    /// <exception cref="UserErrorException">The folder has nothing to report or is damaged, or a file cannot be
    /// written.</exception>
    public static string Write(string folder) => Write(folder, new Report([ReportSource.Read(folder)]));

    /// <summary>Writes a report.</summary>
    /// <returns>The page's path.</returns>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public static string Write(string folder, Report report)
    {
        ReportFile.Write(Path.Combine(folder, "results.csv"), ResultsCsv.Of(report));
        ReportFile.Write(Path.Combine(folder, "results.json"), ResultsJson.Of(report));
        string page = Path.Combine(folder, PageName);
        ReportFile.Write(page, ReportPage.Of(report));
        return page;
    }
}
