using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Observe;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>
/// Executes a run from the command line: merges flags with those of a checkpoint, and prints the final lines.
/// </summary>
internal static class TrainCommand
{
    /// <summary>Trains by the method given in the flags.</summary>
    public static Task<int> RunAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        RunAsync(flags, flags.ReadRun, arguments, cancellationToken);

    /// <summary>Centralized training.</summary>
    public static Task<int> CentralizedAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        RunAsync(flags, flags.ReadCentralized, arguments, cancellationToken);

    private static async Task<int> RunAsync(RunFlags flags, Func<ParseResult, RunOptions> read, ParseResult arguments, CancellationToken cancellationToken)
    {
        ConsoleLines.DropWhatCannotBeWritten();
        IProgressView view = Console.IsOutputRedirected ? new PlainProgressView(Console.Out) : new TerminalProgressView();
        ResumeTarget? target = flags.Resume.Get(arguments) is { } resume ? ResumeTarget.Resolve(resume, flags.Output.Get(arguments)) : null;
        RunOptions? given = target is null ? read(arguments) : null;
        _ = flags.Observation.Read(arguments);
        using RunFolder folder = target is null ? RunFolder.Create(given!.Output) : RunFolder.Open(target.RunFolder);
        Logging.Configure(folder.LogPath, flags.Verbose.Get(arguments), view.WriteLine, LogLevel.Information);
        var log = new OrchestratorLog(Logging.Logger("orchestrator"));
        Checkpoint? resumed = null;
        if (target is not null)
        {
            resumed = Resumption.Choose(target, log);
            arguments = GivenFlags.Complete(arguments, Resumption.DecidedBy(resumed.Manifest, folder, GivenFlags.Of(arguments)), resumed.Manifest.Settings);
        }

        var request = new RunRequest(given ?? read(arguments), folder)
        {
            Arguments = [.. arguments.Tokens.Select(t => t.Value)],
            Given = GivenFlags.ForCheckpoint(flags, arguments),
            Resumed = resumed,
            MayBranch = true,
            Events = new RunEvents(log.ObserverFailed),
        };
        await using RunObservation observation = await RunObservation.StartAsync(flags.Observation.Read(arguments), log);
        using IDisposable observing = observation.Observe(request);
        RunResult result = await new RunExecutor(view, log).RunAsync(request, cancellationToken);
        RunReport.Write(folder, result, log);
        string final = Final(result.Options, result.Outcome);
        log.Finished(final);
        Console.WriteLine($"results: {folder.Path}");
        if (result.Outcome.Blind is { } blind)
        {
            Console.WriteLine($"blind: run {blind.Run}, protects against a {blind.Protects}");
        }

        Console.WriteLine(final);
        return result.CheckpointFailure is not { } failure
            ? (int)ExitCode.Success
            : throw new UserErrorException(ExitCode.TrainingFailed, $"the model is written, but the last checkpoint is not: {failure}");
    }

    /// <summary>The headline figures: on the test set, without one on the held-out samples, or unknown.</summary>
    private static string Figures(RunOutcome outcome) => outcome switch
    {
        { Evaluation: { } test } => string.Create(CultureInfo.InvariantCulture, $"{test.Headline} loss={test.Loss:0.0000}"),
        { Validation: { } validation } => validation.Headline,
        _ => "loss=n/a",
    };

    private static string Final(RunOptions options, RunOutcome outcome)
    {
        string lossy = RunSummary.LossOf(options, outcome) is null ? string.Empty : $" lossy=1 skipped_rows={outcome.Progress.TotalSkippedRows}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"final: {Figures(outcome)} epochs={outcome.Progress.Epoch - 1} steps={outcome.Progress.Steps}"
            + $" {(outcome.Hash is { } hash ? $"params_sha256={hash}" : "model=on_nodes")} seconds={outcome.Meters.Seconds:0.0} sent_mb={outcome.Meters.SentBytes / 1e6:0.0}"
            + $" received_mb={outcome.Meters.ReceivedBytes / 1e6:0.0}{lossy}"
            + $"{(outcome.StoppedBy is { } rule ? $" stopped_by={rule}" : string.Empty)}"
            + $"{(outcome.Progress.Stopping is { } stopping ? $" best_epoch={stopping.BestEpoch}" : string.Empty)}"
            + $"{(outcome.Branches is [.., var branch] ? $" branched_from_step={branch.FromStep}" : string.Empty)}");
    }
}
