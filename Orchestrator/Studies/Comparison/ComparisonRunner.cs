using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>Does the runs of a comparison one after the other, as far as they have not been done before.</summary>
/// <param name="folder">Where they go.</param>
/// <param name="nodes">Makes the nodes of a run, whose folder is the second argument.</param>
/// <param name="view">Shows progress.</param>
/// <param name="live">Whether it shows progress within an epoch.</param>
/// <param name="observe">Begins to observe a run, until what it returns is disposed; <see langword="null"/> for nobody.</param>
internal sealed class ComparisonRunner(
    ComparisonFolder folder, Func<PlannedRun, string, INodeCrew> nodes, IProgressView view, bool live, Func<RunRequest, IDisposable>? observe = null)
{
    /// <summary>Does them.</summary>
    /// <returns>One result for each, in their order. A run that fails does not keep the others from being done.</returns>
    /// <exception cref="UserErrorException">The folder holds runs of other flags; found before any is done.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run that was under way has a checkpoint, if it had done a step.</exception>
    public async Task<IReadOnlyList<ComparedRun>> RunAsync(IReadOnlyList<PlannedRun> runs, CancellationToken cancellationToken)
    {
        RunInFolder[] inFolders = [.. runs.Select(r => new RunInFolder(r, folder.PathOf(r)) { Watch = observe })];
        var compared = new List<ComparedRun>();
        for (int i = 0; i < runs.Count; i++)
        {
            var labelled = new LabelledView(view, string.Create(CultureInfo.InvariantCulture, $"[{i + 1}/{runs.Count}] {runs[i].Title}"), live);
            compared.Add(await RunAsync(runs[i], inFolders[i], labelled, cancellationToken));
        }

        return compared;
    }

    private async Task<ComparedRun> RunAsync(PlannedRun run, RunInFolder inFolder, LabelledView labelled, CancellationToken cancellationToken)
    {
        if (inFolder.State == RunState.Complete)
        {
            labelled.WriteLine("complete already");
            return new ComparedRun(run, FinishedRun.Read(inFolder.Path), Failure: null);
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await inFolder.DoAsync(nodes, labelled, cancellationToken);
            return new ComparedRun(run, FinishedRun.Read(inFolder.Path), Failure: null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // To the other runs a defect is a failure like any other. The trace goes to the run's log alone.
            Logging.Logger("orchestrator").ComparedRunFailed(e);
            string failure = e is UserErrorException ? e.Message : $"{e.GetType().Name}: {e.Message}";
            labelled.WriteLine($"failed: {failure}");
            return new ComparedRun(run, Finished: null, failure);
        }
    }
}
