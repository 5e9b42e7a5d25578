using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Writes the report of a completed run.</summary>
internal static class RunReport
{
    /// <summary>
    /// Writes the data distribution and then the report. A failure is logged and does not affect the run.
    /// </summary>
    public static void Write(RunFolder folder, RunResult result, OrchestratorLog log)
    {
        try
        {
            if (Dealt(result) is { } data)
            {
                folder.WritePartition(data.ToJson());
            }

            StudyReport.Write(folder.Path);
        }
        catch (Exception e)
        {
            log.ReportNotWritten(e.Message);
        }
    }

    /// <summary>
    /// The distribution by <c>--partition</c>, if the data set is here; <see langword="null"/> where nodes bring their
    /// own samples.
    /// </summary>
    private static DealtData? Dealt(RunResult result)
    {
        if (result.Context.Files is not { HasTrain: true } files)
        {
            return null;
        }

        try
        {
            DealtData data = DealtData.Of(files.OpenTrain(), result.Options);
            return result.Outcome.Nodes.All(n => n.IsDealt && n.NodeId <= data.Totals.Length && data.Totals[n.NodeId - 1] == n.SampleCount) ? data : null;
        }
        catch (Exception e) when (ErrorTable.ReadingData.Covers(e))
        {
            return null;
        }
    }
}
