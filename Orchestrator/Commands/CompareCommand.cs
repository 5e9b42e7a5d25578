using System.CommandLine;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Observe;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Crews;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Orchestration.Studies.Comparison;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>compare</c>: trains the same data, partition and seeds by several algorithms.</summary>
internal static class CompareCommand
{
    /// <summary>The command.</summary>
    /// <param name="flags">The flags of a run.</param>
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
        (NodeHosting hosting, string? program) = ChooseNodes(own, arguments, plan);
        using var folder = HeldFolder.Take(own.Output.Get(arguments) ?? RunFolder.NewPath("compare"), "--output", "another comparison");
        var log = new OrchestratorLog(Logging.Logger("orchestrator"));
        ObservationOptions observed = own.Observation.Read(arguments);
        ConsoleLines.DropWhatCannotBeWritten();
        IProgressView view = Console.IsOutputRedirected ? new PlainProgressView(Console.Out) : new TerminalProgressView();
        await using RunObservation observation = await RunObservation.StartAsync(observed, log);
        if (observation.Url is { } url)
        {
            view.WriteLine($"live page: {url}");
        }

        (PlannedRun, RunInFolder)[] runs =
        [
            .. plan.Select(r => (r, new RunInFolder(r, Path.Combine(folder.Path, r.FolderName)) { Hosting = hosting, NodeProgram = program, Watch = observation.Observe })),
        ];
        IReadOnlyList<StudyRow> rows;
        try
        {
            rows = await new ComparisonRunner(view, live: !Console.IsOutputRedirected).RunAsync(runs, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            view.WriteLine($"go on with the same command and --output '{folder.Path}'");
            throw;
        }

        var record = new StudyRecord(Path.GetFileName(folder.Path), planner.CommandOf(arguments), rows) { EqualBytes = own.EqualBytes.Get(arguments).Bytes };
        record.Save(folder.Path);
        var report = new ComparisonReport(new Report([ReportSource.Of(record)]), plan);
        report.Write(folder.Path);
        Console.WriteLine();
        Console.WriteLine(report.ToText());
        Console.WriteLine($"results: {folder.Path}");
        int failed = rows.Count(r => r.State == StudyRunState.Failed);
        return failed == 0
            ? (int)ExitCode.Success
            : throw new UserErrorException(
                ExitCode.TrainingFailed, $"{failed} of {rows.Count} runs failed; the same command with --output '{folder.Path}' tries them again");
    }

    private static (NodeHosting Hosting, string? Program) ChooseNodes(CompareFlags own, ParseResult arguments, IReadOnlyList<PlannedRun> plan)
    {
        string? program = own.NodeProgram.Get(arguments);
        if (own.InProcess.Get(arguments))
        {
            return program is null ? (NodeHosting.Virtual, null) : throw new UserErrorException(ExitCode.Usage, "--node_program does not go with --in_process");
        }

        return (NodeHosting.Processes, plan.Any(r => r.HasNodes) ? NodeCommandLine.Find(program) : null);
    }
}
