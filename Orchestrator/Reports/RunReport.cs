using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The report that a run leaves when it has ended well.</summary>
internal static class RunReport
{
    /// <summary>Writes it, and before it how the data were dealt out. What keeps it from being written is told, and changes nothing about the run.</summary>
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

    /// <summary>How <c>--partition</c> deals the data set out, if it is here; not where nodes bring samples of their own.</summary>
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
