using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Settings for executing a study.</summary>
/// <param name="Workers">Number of worker processes on this machine.</param>
/// <param name="WorkerArguments">Their arguments, besides the study's address.</param>
internal sealed record StudyRunnerOptions(int Workers, IReadOnlyList<string> WorkerArguments)
{
    /// <summary>Listening address for workers on other machines; <see langword="null"/> for none.</summary>
    public (string Host, int Port)? Remote { get; init; }

    /// <summary>How remote workers are authenticated.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;
}

/// <summary>Executes the runs of a study on workers until none are left.</summary>
/// <param name="queue">The runs.</param>
/// <param name="folder">The study folder.</param>
/// <param name="report">Writes the study's reports; called when a run has ended, never concurrently.</param>
/// <param name="view">Shows progress.</param>
/// <param name="logger">The study's log.</param>
internal sealed class StudyRunner(StudyQueue queue, StudyFolder folder, Action<IReadOnlyList<StudyRow>> report, IProgressView view, ILogger logger)
{
    private const string TokenName = ".token";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>Executes the study.</summary>
    /// <returns>All runs, in order.</returns>
    /// <exception cref="UserErrorException">A port cannot be bound, or no worker stays alive.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; runs in progress go back to the queue with their
    /// checkpoints.</exception>
    public async Task<IReadOnlyList<StudyRow>> RunAsync(StudyRunnerOptions options, CancellationToken cancellationToken)
    {
        string tokenFile = Path.Combine(folder.Path, TokenName);
        Token token = NewToken(tokenFile);
        await using StudyServer local = StudyServer.Start(
            (IPAddress.Loopback.ToString(), 0), new OrchestratorSecurity(Tls: null, token), queue, folder, Changed, logger);
        await using StudyServer? remote = options.Remote is { } endpoint ? StudyServer.Start(endpoint, options.Security, queue, folder, Changed, logger) : null;
        if (remote is not null)
        {
            view.WriteLine($"workers of other machines may come to {remote.Endpoint}");
        }

        await using var workers = LocalWorkers.Start(options.Workers, local.Endpoint, tokenFile, folder, options.WorkerArguments, logger);
        string farewell = "the study was stopped";
        try
        {
            IReadOnlyList<StudyRow> rows = await WaitAsync(workers, canWait: remote is not null, cancellationToken);
            farewell = "every run is done";
            return rows;
        }
        finally
        {
            workers.StartNoMore();
            await Task.WhenAll(local.ShutdownAsync(farewell), remote?.ShutdownAsync(farewell) ?? Task.CompletedTask);
            File.Delete(tokenFile);
        }
    }

    private static Token NewToken(string path)
    {
        PrivateFiles.WriteDurably(path, System.Text.Encoding.ASCII.GetBytes(Token.NewNonce()));
        return Token.Load(path);
    }

    private async Task<IReadOnlyList<StudyRow>> WaitAsync(LocalWorkers workers, bool canWait, CancellationToken cancellationToken)
    {
        int reported = -1;
        while (true)
        {
            (int final, int all) = queue.Counts();
            if (final != reported)
            {
                IReadOnlyList<StudyRow> rows = queue.Rows();
                report(rows);
                reported = final;
                if (final == all)
                {
                    return rows;
                }
            }

            if (workers.Gone.IsCompleted && !canWait)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new UserErrorException(ExitCode.TrainingFailed, $"no worker stays alive; see '{Path.Combine(folder.Path, "local-1.log")}', and go on with --resume");
            }

            await _changed.WaitAsync(Patience, cancellationToken);
        }
    }

    private void Changed(string run, string what)
    {
        (int final, int all) = queue.Counts();
        view.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{final}/{all}] {run}: {what}"));
        logger.RunChanged(run, what);
        _changed.Release();
    }
}
