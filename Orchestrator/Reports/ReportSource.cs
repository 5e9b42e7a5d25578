using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Reads the folder of a study, a comparison or a run for a report.</summary>
internal static class ReportSource
{
    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">The folder has nothing to report, or is damaged.</exception>
    public static ReportedStudy Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException(ExitCode.Usage, $"there is no folder '{folder}'; name that of a study, of a comparison or of a run");
        }

        if (StudyRecord.Load(folder) is { } record)
        {
            return Of(record);
        }

        if (!File.Exists(RunFolder.SummaryPathIn(folder)) && !File.Exists(RunFolder.EventsPathIn(folder)))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"'{folder}' holds no study, no comparison and no run: it has no study.json, no run.json and no events.jsonl; name another folder");
        }

        var run = ReportedRun.Of(folder);
        return new ReportedStudy(run.Name, run.Command, [run], isRun: true);
    }

    /// <summary>Reads a study with the results of its runs.</summary>
    /// <exception cref="UserErrorException">The folder of a run is damaged.</exception>
    public static ReportedStudy Of(StudyRecord record) =>
        new(record.Name, record.Command, CentralizedEquality.Compare([.. record.Rows.Select(ReportedRun.Of)])) { EqualBytes = record.EqualBytes };
}
