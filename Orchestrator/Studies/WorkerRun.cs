using System.Net;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Executes the runs that a study offers to this worker.</summary>
/// <param name="options">The worker's options.</param>
/// <param name="read">Parses a run's command line exactly as the program would.</param>
/// <param name="view">Shows progress.</param>
internal sealed class WorkerRun(WorkerOptions options, Func<IReadOnlyList<string>, PlannedRun> read, IProgressView view)
{
    // The recorded reason for a halved run.
    private const string Halved = "asha";

    // Time for another worker, which has lost the study and is about to exit, to release the folder.
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HandOverPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Executes a run and reports its end.</summary>
    /// <param name="offer">The run.</param>
    /// <param name="study">The study's identity.</param>
    /// <param name="link">The link to the study.</param>
    /// <param name="cancellationToken">Cancels the run, which then has a checkpoint and goes back to the queue.</param>
    public async Task DoAsync(RunOffer offer, string study, StudyLink link, CancellationToken cancellationToken)
    {
        // Without the study the run is pointless: it is stopped in an orderly way and its checkpoint is kept.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Ended);
        RunEnded ended;
        try
        {
            string folder = FolderOf(offer, study);
            await PerformAsync(offer, folder, link, stopping.Token);
            ended = new RunEnded(offer.Id, FinishedRun.Read(folder)?.Result.StoppedBy == Halved ? RunOutcomes.Halved : RunOutcomes.Done, string.Empty);
        }
        catch (RunGivenUpException)
        {
            view.WriteLine($"{offer.Id.Run}: the study has given it up");
            return;
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ConnectionLostException)
        {
            ended = new RunEnded(offer.Id, RunOutcomes.Returned, string.Empty);
        }
        catch (Exception e)
        {
            // The stack trace goes to the run's log only.
            Logging.Logger("worker").RunFailed(e, offer.Id.Run);
            string reason = RunInFolder.ReasonOf(e);
            view.WriteLine($"{offer.Id.Run}: failed: {reason}");
            ended = new RunEnded(offer.Id, RunOutcomes.Failed, reason.Length > RunEnded.MaxReason / 4 ? reason[..(RunEnded.MaxReason / 4)] : reason);
        }

        options.ConfigureLog(view);
        await SayAsync(link, ended);
    }

    private static async Task SayAsync(StudyLink link, RunEnded ended)
    {
        // Reported even while this program is stopping, but only for a short time.
        using var deadline = new CancellationTokenSource(ConnectionOptions.DefaultHandshakeTimeout);
        try
        {
            await link.AskAsync<RunEnded, RunVerdict>(ended, deadline.Token);
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            // The study notices the lost connection and requeues the run.
        }
    }

    private async Task PerformAsync(RunOffer offer, string folder, StudyLink link, CancellationToken cancellationToken)
    {
        await AwaitFolderAsync(folder, cancellationToken);
        PrivateFiles.WriteDurably(Path.Combine(folder, StudyFolder.ConfigurationName), System.Text.Encoding.UTF8.GetBytes(offer.Configuration));
        if (options.StudyFolder is not null)
        {
            await TrainAsync(offer, Read(offer, offer.Arguments), folder, link, files: null, cancellationToken);
            return;
        }

        var files = new WorkerFiles(link, offer.Id, folder);
        await files.FetchAsync(offer, cancellationToken);
        Task sending = files.SendCheckpointsAsync(cancellationToken);
        try
        {
            await TrainAsync(offer, Read(offer, RunPaths.Placed(offer.Arguments, folder)), folder, link, files, cancellationToken);
        }
        finally
        {
            files.NoMoreCheckpoints();
            await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await sending;
        await files.SendResultsAsync(cancellationToken);
    }

    private async Task TrainAsync(RunOffer offer, PlannedRun run, string folder, StudyLink link, WorkerFiles? files, CancellationToken cancellationToken)
    {
        int lost = 0;
        var inFolder = new RunInFolder(run, folder)
        {
            Hosting = NodeHostings.Parse(offer.Hosting),
            NodeProgram = options.NodeProgram,
            Watch = request => request.Events.Subscribe(
                e => e is NodeLost or CheckpointSaved,
                e =>
                {
                    if (e is CheckpointSaved saved)
                    {
                        files?.Saved(saved.Step);
                    }
                    else
                    {
                        Interlocked.Increment(ref lost);
                    }
                }),
            Gate = async (epoch, token) =>
            {
                (double? accuracy, double? loss) = epoch.Judged;
                var progress = new RunProgress(offer.Id, epoch.Progress.Epoch, accuracy ?? double.NaN, loss ?? double.NaN, Interlocked.Exchange(ref lost, 0));
                RunVerdict verdict = await link.AskAsync<RunProgress, RunVerdict>(progress, token);
                return verdict.Verdict switch
                {
                    Verdicts.GiveUp => throw new RunGivenUpException(),
                    Verdicts.Halve when epoch.Progress.Epoch < run.Options.Epochs => Halved,
                    _ => null,
                };
            },
        };
        if (inFolder.State == RunState.Complete)
        {
            // The last attempt ended between its results and its report.
            return;
        }

        await inFolder.DoAsync(new LabelledView(view, offer.Id.Run, live: false), cancellationToken);
    }

    private PlannedRun Read(RunOffer offer, IReadOnlyList<string> arguments)
    {
        PlannedRun run = read(arguments);

        // Nodes started for the run use any free port: the choice does not affect the result.
        return NodeHostings.Parse(offer.Hosting) == NodeHosting.Hosts
            ? run
            : run with { Options = run.Options with { Host = IPAddress.Loopback.ToString(), Port = 0, Security = OrchestratorSecurity.None } };
    }

    private string FolderOf(RunOffer offer, string study) => RunPaths.IsSafe(offer.Id.Run) && !offer.Id.Run.Contains('/', StringComparison.Ordinal)
        ? options.StudyFolder is { } shared
            ? Path.Combine(shared, StudyFolder.RunsName, offer.Id.Run)
            : Path.Combine(options.Scratch, study[..16], offer.Id.Run)
        : throw new UserErrorException(ExitCode.Data, $"'{offer.Id.Run}' is no name of a run");

    /// <summary>Waits until the folder is released: a worker that was given up may be about to exit.</summary>
    private static async Task AwaitFolderAsync(string folder, CancellationToken cancellationToken)
    {
        PrivateFiles.CreateFolder(folder);
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                RunFolder.Open(folder).Dispose();
                return;
            }
            catch (UserErrorException) when (TimeProvider.System.GetElapsedTime(start) < HandOver)
            {
                await Task.Delay(HandOverPause, cancellationToken);
            }
        }
    }
}
