using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>Does the runs of a comparison in this process, one after the other, as far as they have not been done before.</summary>
/// <param name="view">Shows progress.</param>
/// <param name="live">Whether it shows progress within an epoch.</param>
internal sealed class ComparisonRunner(IProgressView view, bool live)
{
    /// <summary>Does them.</summary>
    /// <param name="runs">The runs, each in its folder.</param>
    /// <param name="cancellationToken">Ends them.</param>
    /// <returns>A row of the study for each, in their order. A run that fails does not keep the others from being done.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; the run that was under way has a checkpoint, if it had done a step.</exception>
    public async Task<IReadOnlyList<StudyRow>> RunAsync(IReadOnlyList<(PlannedRun Plan, RunInFolder InFolder)> runs, CancellationToken cancellationToken)
    {
        var rows = new List<StudyRow>();
        foreach ((int i, (PlannedRun plan, RunInFolder inFolder)) in runs.Index())
        {
            var labelled = new LabelledView(view, string.Create(CultureInfo.InvariantCulture, $"[{i + 1}/{runs.Count}] {plan.Title}"), live);
            string? failure = await TryAsync(inFolder, labelled, cancellationToken);
            var settings = new Dictionary<string, string>(StringComparer.Ordinal) { [StudyRun.Algorithm] = plan.Algorithm.ToString() };
            var run = new StudyRun(plan.FolderName, settings, plan.Repetition, plan.Arguments) { Hosting = inFolder.Hosting };
            rows.Add(new StudyRow(run, failure is null ? StudyRunState.Done : StudyRunState.Failed)
            {
                Folder = inFolder.Path,
                Failure = failure,
                Epochs = failure is null ? FinishedRun.Read(inFolder.Path)!.Curve.Count : 0,
            });
        }

        return rows;
    }

    /// <summary>Does one.</summary>
    /// <returns>Why it failed; <see langword="null"/> if it did not.</returns>
    private static async Task<string?> TryAsync(RunInFolder run, LabelledView view, CancellationToken cancellationToken)
    {
        if (run.State == RunState.Complete)
        {
            view.WriteLine("complete already");
            return null;
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await run.DoAsync(view, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The trace goes to the run's log alone.
            Logging.Logger("orchestrator").ComparedRunFailed(e);
            string failure = RunInFolder.ReasonOf(e);
            view.WriteLine($"failed: {failure}");
            return failure;
        }
    }
}
