using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Crews;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>State of a run in its folder.</summary>
internal enum RunState
{
    /// <summary>No checkpoint to resume from.</summary>
    New,

    /// <summary>Has a checkpoint.</summary>
    Begun,

    /// <summary>Completed.</summary>
    Complete,
}

/// <summary>
/// One of many runs, in its own folder: started if new, resumed if interrupted, and executed only once.
/// </summary>
internal sealed class RunInFolder
{
    private readonly PlannedRun _planned;
    private readonly PlannedRun _settled;

    /// <summary>Examines the folder.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">Its folder.</param>
    /// <exception cref="UserErrorException">The folder holds a run with other flags, or is damaged.</exception>
    public RunInFolder(PlannedRun run, string path)
    {
        _planned = run;
        Path = path;
        _settled = Settled(run, path);
        State = StateOf(_settled, path);
    }

    public string Path { get; }

    /// <summary>The state when this object was created.</summary>
    public RunState State { get; }

    /// <summary>Decides after every epoch whether to stop; <see langword="null"/> for never.</summary>
    public EpochGate? Gate { get; init; }

    /// <summary>
    /// Attaches an observer to the run, which is detached by disposing the result; <see langword="null"/> for none.
    /// </summary>
    public Func<RunRequest, IDisposable>? Watch { get; init; }

    /// <summary>Where its nodes are hosted.</summary>
    public NodeHosting Hosting { get; init; }

    /// <summary>
    /// The node program for nodes in processes; <see langword="null"/> for the one beside this program.
    /// </summary>
    public string? NodeProgram { get; init; }

    /// <summary>A failure on one line. For the other runs a defect is a failure like any other.</summary>
    public static string ReasonOf(Exception failure) => failure is UserErrorException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";

    /// <summary>Executes the run, or the rest of it.</summary>
    /// <param name="view">Shows progress.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="UserErrorException">The run failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run has a checkpoint if it completed a
    /// step.</exception>
    public async Task DoAsync(IProgressView view, CancellationToken cancellationToken)
    {
        PlannedRun run = State == RunState.New ? _planned : _settled;
        using RunFolder folder = State == RunState.Begun ? RunFolder.Open(Path) : RunFolder.Create(Path);
        Logging.Configure(folder.LogPath, run.Options.Verbose, view.WriteLine, LogLevel.Warning);
        var log = new OrchestratorLog(Logging.Logger("orchestrator"));
        Checkpoint? resumed = State == RunState.Begun ? Resumption.Choose(new ResumeTarget(Path, int.MaxValue), log) : null;
        view.WriteLine(resumed is null ? "begins" : $"goes on from the checkpoint of step {resumed.Manifest.Progress.Steps}");
        await using INodeCrew? crew = run.HasNodes ? CrewOf(run.Options) : null;
        var request = new RunRequest(run.Options, folder)
        {
            Arguments = run.Arguments,
            Given = run.Given,
            Resumed = resumed,
            Events = new RunEvents(log.ObserverFailed),
            Nodes = crew,
            Gate = Gate,
        };
        using IDisposable? watching = Watch?.Invoke(request);
        RunResult result = await new RunExecutor(view, log).RunAsync(request, cancellationToken);
        RunReport.Write(folder, result, log);
        if (result.CheckpointFailure is { } failure)
        {
            view.WriteLine($"warning: the last checkpoint cannot be written: {failure}");
        }
    }

    private INodeCrew CrewOf(RunOptions options) => Hosting switch
    {
        NodeHosting.Virtual => new HostedNodes(options, Logging.Logger("nodes"), NodeCommandLine.StateFolderOf(Path)),
        NodeHosting.Processes => new NodeProcesses(NodeCommandLine.Find(NodeProgram), options, Path),
        _ => new NoCrew(),
    };

    /// <summary>
    /// The run with choices resolved since it began: the sizes of a model that were left to the data.
    /// </summary>
    private static PlannedRun Settled(PlannedRun run, string path)
    {
        string description = RunFolder.DescriptionPathIn(path);
        if (!run.Options.SizedByData || !File.Exists(description))
        {
            return run;
        }

        ModelDescription model = ErrorTable.FittingModel.Guard(() => DescriptionFile.Read(description), e => $"{e.Message}; delete '{path}' to do that run again");
        return run with { Options = run.Options with { Model = model, SizedByData = false } };
    }

    private static RunState StateOf(PlannedRun run, string path)
    {
        if (FinishedRun.Read(path) is not { } finished)
        {
            return new CheckpointStore(path).Steps.Count > 0 ? RunState.Begun : RunState.New;
        }

        return finished.OptionsDigest == ResultOptions.Digest(ResultOptions.Of(run.Options)) && finished.Epochs == run.Options.Epochs
            ? RunState.Complete
            : throw new UserErrorException(
                ExitCode.Usage, $"'{path}' holds a run of other flags; give the flags that it began with, or choose another --output");
    }
}
