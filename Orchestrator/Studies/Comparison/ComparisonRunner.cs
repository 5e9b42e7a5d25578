using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>Executes the runs of a comparison in this process, one at a time, skipping completed ones.</summary>
/// <param name="view">Shows progress.</param>
/// <param name="live">Whether to show progress within an epoch.</param>
internal sealed class ComparisonRunner(IProgressView view, bool live)
{
    /// <summary>Executes all runs.</summary>
    /// <param name="runs">The runs, each in its folder.</param>
    /// <param name="cancellationToken">Cancels the runs.</param>
    /// <returns>A study row per run, in order. A failed run does not stop the others.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; the run in progress has a checkpoint if it completed a
    /// step.</exception>
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

    /// <summary>Executes one run.</summary>
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
            // The stack trace goes to the run's log only.
            Logging.Logger("orchestrator").ComparedRunFailed(e);
            string failure = RunInFolder.ReasonOf(e);
            view.WriteLine($"failed: {failure}");
            return failure;
        }
    }
}
