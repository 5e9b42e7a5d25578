using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The report of a study, a run or two studies: <c>results.csv</c>, <c>results.json</c> and <c>report.html</c>, made of what runs left alone.</summary>
internal static class StudyReport
{
    /// <summary>The page's file.</summary>
    public const string PageName = "report.html";

    /// <summary>Writes <c>study.json</c> and the report of a study, at its end or while it is under way; each file is replaced at once.</summary>
    /// <param name="studyFolder">Where.</param>
    /// <param name="name">Of the study.</param>
    /// <param name="command">That does it.</param>
    /// <param name="rows">Every run.</param>
    /// <returns>The page's path.</returns>
    /// <exception cref="UserErrorException">A file cannot be written, or what a run left is damaged.</exception>
    public static string Write(string studyFolder, string name, string command, IReadOnlyList<StudyRow> rows)
    {
        var record = new StudyRecord(name, command, rows);
        record.Save(studyFolder);
        return Write(studyFolder, new Report([ReportSource.Of(record)]));
    }

    /// <summary>Makes the report of a folder again: of a study, of a comparison or of a run.</summary>
    /// <returns>The page's path.</returns>
    /// <exception cref="UserErrorException">There is nothing to report, what is there is damaged, or a file cannot be written.</exception>
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
