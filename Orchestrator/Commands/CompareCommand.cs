using System.CommandLine;
using NLog;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Observe;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Crews;
using TraversalLearning.Orchestration.Studies.Comparison;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>The same data, partition and seeds, trained by several algorithms.</summary>
internal static class CompareCommand
{
    /// <summary>The command.</summary>
    /// <param name="flags">Of runs.</param>
    public static Command Create(RunFlags flags)
    {
        var own = new CompareFlags();
        var command = new Command("compare", "Trains by several algorithms on the same data, partition and seeds, and compares models, bytes and time.");
        foreach (Option option in own.Options)
        {
            command.Options.Add(option);
        }

        flags.AddTo(command, FlagUse.Compare);
        command.SetAction((arguments, cancellationToken) => RunAsync(flags, own, arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RunFlags flags, CompareFlags own, ParseResult arguments, CancellationToken cancellationToken)
    {
        var planner = new ComparisonPlanner(flags, own);
        IReadOnlyList<PlannedRun> plan = planner.Plan(arguments);
        Func<PlannedRun, string, INodeCrew> nodes = ChooseNodes(own, arguments, plan);
        using ComparisonFolder folder = ComparisonFolder.Open(own.Output.Get(arguments));
        var log = new OrchestratorLog(LogManager.GetLogger("orchestrator"));
        ObservationOptions observed = own.Observation.Read(arguments);
        ConsoleLines.DropWhatCannotBeWritten();
        IProgressView view = Console.IsOutputRedirected ? new PlainProgressView(Console.Out) : new TerminalProgressView();
        await using RunObservation observation = await RunObservation.StartAsync(observed, log);
        if (observation.Url is { } url)
        {
            view.WriteLine($"live page: {url}");
        }

        IReadOnlyList<ComparedRun> runs;
        try
        {
            runs = await new ComparisonRunner(folder, nodes, view, live: !Console.IsOutputRedirected, observation.Observe).RunAsync(plan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            view.WriteLine($"go on with the same command and --output '{folder.Path}'");
            throw;
        }

        var results = new ComparisonResults(runs, own.EqualBytes.Get(arguments));
        var report = new ComparisonReport(results, planner.CommandOf(arguments));
        report.Write(folder);
        Console.WriteLine();
        Console.WriteLine(report.ToText());
        Console.WriteLine($"results: {folder.Path}");
        int failed = results.Failed.Count();
        return failed == 0
            ? (int)ExitCode.Success
            : throw new UserErrorException(
                ExitCode.TrainingFailed, $"{failed} of {runs.Count} runs failed; the same command with --output '{folder.Path}' tries them again");
    }

    private static Func<PlannedRun, string, INodeCrew> ChooseNodes(CompareFlags own, ParseResult arguments, IReadOnlyList<PlannedRun> plan)
    {
        if (own.InProcess.Get(arguments))
        {
            return own.NodeProgram.Get(arguments) is null
                ? static (run, _) => new HostedNodes(run.Options, LogManager.GetLogger("nodes"))
                : throw new UserErrorException(ExitCode.Usage, "--node_program does not go with --in_process");
        }

        string program = plan.Any(r => r.HasNodes) ? NodeCommandLine.Find(own.NodeProgram.Get(arguments)) : string.Empty;
        return (run, folder) => new NodeProcesses(program, run.Options, folder);
    }
}
