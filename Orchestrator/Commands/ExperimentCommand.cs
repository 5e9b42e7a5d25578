using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TraversalLearning.Charts;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Observe;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>
/// <c>experiment</c>: executes the many runs of a study file on workers; resumes after any interruption.
/// </summary>
internal sealed class ExperimentCommand
{
    private readonly RunFlags _flags;
    private readonly Command _root;
    private readonly Argument<string> _file = new("study.yaml") { Description = "The study (docs/reference/study-file.md)" };
    private readonly Flag<int> _workers = Flag.Int("--workers", "processes on this machine that do runs, each one at a time; 0 for those of other machines only", 1, min: 0, max: 256);
    private readonly Flag<string?> _output = Flag.OptionalText("--output", "folder for all runs and the reports", "PATH", without: "`runs/<name>-<time>`");
    private readonly Flag<bool> _resume = Flag.Switch("--resume", "continue the study in `--output`, or the newest of this file in `runs/`");
    private readonly Flag<bool> _dryRun = Flag.Switch("--dry_run", "only list the runs");
    private readonly Flag<string> _host = Flag.Text("--host", "address on which workers of other machines are awaited; one other than loopback requires TLS and token, or `--insecure`", "127.0.0.1", "ADDRESS");
    private readonly Flag<int?> _port = Flag.OptionalInt("--port", "port on which workers of other machines are awaited; without it, none is", min: 0, max: 65535);
    private readonly Flag<string?> _nodeProgram = Flag.OptionalText("--node_program", "the node program, for `hosting: processes`", without: "the one beside this program");
    private readonly SecurityFlags _security = SecurityFlags.ForStudy();
    private readonly ObservationFlags _observation = new();

    private ExperimentCommand(RunFlags flags, Command root)
    {
        _flags = flags;
        _root = root;
    }

    /// <summary>Creates the command with its subcommand <c>status</c>.</summary>
    /// <param name="flags">The flags of a run.</param>
    /// <param name="root">The command of a run, which parses each run of a study.</param>
    public static Command Create(RunFlags flags, Command root)
    {
        var own = new ExperimentCommand(flags, root);
        var command = new Command("experiment", "Does all runs of a study, which one file describes (docs/guide/studies.md).") { own._file };
        foreach (Option option in (Option[])
            [
                own._workers.Option, own._output.Option, own._resume.Option, own._dryRun.Option, own._host.Option, own._port.Option,
                own._nodeProgram.Option, .. own._security.Options,
            ])
        {
            command.Options.Add(option);
        }

        own._observation.AddStudyTo(command);
        command.SetAction(own.RunAsync);
        command.Subcommands.Add(CreateStatus());
        return command;
    }

    private static Command CreateStatus()
    {
        var folder = new Argument<string>("DIR") { Description = "The study's folder" };
        Flag<bool> json = Flag.Switch("--json", "print JSON");
        var status = new Command("status", "Says how far each run of a study is, while it goes on and afterwards.") { folder };
        status.Options.Add(json.Option);
        status.SetAction(arguments =>
        {
            string path = arguments.GetValue(folder)!;
            using StudyQueue queue = StudyQueue.Open(path, readOnly: true);
            bool isHeld = StudyFolder.IsHeld(path);
            IReadOnlyList<StudyRow> rows = [.. queue.Rows().Select(r => isHeld ? r : r.Forsaken())];
            Console.WriteLine(json.Get(arguments) ? StudyStatus.ToJson(queue.StudyName, rows) : StudyStatus.ToText(queue.StudyName, rows));
            if (!isHeld && !json.Get(arguments) && rows.Any(r => !r.State.IsFinal()))
            {
                Console.WriteLine($"nobody runs it now: go on with --resume --output '{path}'");
            }
        });
        return status;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        int workers = _workers.Get(arguments);
        string host = _host.Get(arguments);
        int? port = _port.Get(arguments);
        if (workers == 0 && port is null)
        {
            throw new UserErrorException(ExitCode.Usage, "--workers 0 leaves the runs to workers of other machines, which need a --port to come to");
        }

        Study study = StudyFile.Read(arguments.GetValue(_file)!, _root, _flags, Math.Max(1, workers));
        if (workers > 1 && study.Runs.Any(r => r.Hosting == NodeHosting.Hosts))
        {
            throw new UserErrorException(ExitCode.Usage, "nodes on other hosts come to one port, where one run can wait for them: give --workers 1");
        }

        if (_dryRun.Get(arguments))
        {
            Show(study);
            return (int)ExitCode.Success;
        }

        var options = new StudyRunnerOptions(workers, _nodeProgram.Get(arguments) is { } program ? ["--node_program", program] : [])
        {
            Remote = port is { } given ? (host, given) : null,
            Security = _security.ReadOrchestrator(arguments, host),
        };
        ObservationOptions observed = _observation.Read(arguments);
        using StudyFolder folder = StudyFolder.Open(ChooseFolder(study, arguments), study.Name);
        using StudyQueue queue = OpenQueue(folder, study, arguments);
        return await RunAsync(queue, folder, options, observed, cancellationToken);
    }

    private static async Task<int> RunAsync(
        StudyQueue queue, StudyFolder folder, StudyRunnerOptions options, ObservationOptions observed, CancellationToken cancellationToken)
    {
        ConsoleLines.DropWhatCannotBeWritten();
        var view = new PlainProgressView(Console.Out);
        Logging.Configure(folder.LogPath, verbose: false, view.WriteLine, LogLevel.Warning);
        await using RunObservation observation = await RunObservation.StartAsync(observed, new OrchestratorLog(Logging.Logger("orchestrator")));
        observation.Observe(queue.Rows);
        if (observation.Url is { } url)
        {
            view.WriteLine($"live page: {url}");
        }

        ILogger logger = Logging.Logger("study");
        IReadOnlyList<StudyRow> rows;
        try
        {
            rows = await new StudyRunner(queue, folder, Report, view, logger).RunAsync(options, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            view.WriteLine($"go on with --resume --output '{folder.Path}'");
            throw;
        }

        Console.WriteLine(StudyStatus.ToText(queue.StudyName, rows));
        Console.WriteLine($"report: {Path.Combine(folder.Path, StudyReport.PageName)}");
        int failed = rows.Count(r => r.State == StudyRunState.Failed);
        return failed == 0
            ? (int)ExitCode.Success
            : throw new UserErrorException(ExitCode.TrainingFailed, $"{failed} of {rows.Count} runs failed; --resume --output '{folder.Path}' tries them again");

        void Report(IReadOnlyList<StudyRow> known)
        {
            try
            {
                StudyReport.Write(folder.Path, queue.StudyName, queue.CommandLine, known);
            }
            catch (UserErrorException e)
            {
                logger.StudyReportNotWritten(e.Message);
            }
        }
    }

    private static void Show(Study study)
    {
        string[] settings = [.. study.Runs.SelectMany(r => r.Settings.Keys).Distinct(StringComparer.Ordinal)];
        var table = new Table(["run", .. settings, "repetition"]);
        foreach (StudyRun run in study.Runs)
        {
            table.Add([run.Name, .. settings.Select(s => run.Settings.GetValueOrDefault(s, string.Empty)), run.Repetition.ToString(CultureInfo.InvariantCulture)]);
        }

        Console.WriteLine(table.ToText());
        foreach (StudyRun run in study.Runs)
        {
            Console.WriteLine($"{run.Name}: {ShellWords.Join(run.Arguments)}");
        }

        string leftOut = study.LeftOut == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" ({study.LeftOut} more would be the same as one of these, and are left out)");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{study.Name}: {study.Runs.Count} runs{leftOut}"));
    }

    /// <summary>The study's folder, new or existing; <see langword="null"/> for a new default folder.</summary>
    private string? ChooseFolder(Study study, ParseResult arguments)
    {
        if (_output.Get(arguments) is { } output)
        {
            return !_resume.Get(arguments) || StudyQueue.IsIn(output)
                ? output
                : throw new UserErrorException(ExitCode.Usage, $"there is no study in '{output}' to go on with; leave --resume out to begin it there");
        }

        return !_resume.Get(arguments) ? null
            : StudyFolder.Newest(study.Name)
            ?? throw new UserErrorException(ExitCode.Usage, $"there is no study '{study.Name}' in {RunFolder.DefaultParent}/ to go on with; name its folder by --output");
    }

    private StudyQueue OpenQueue(StudyFolder folder, Study study, ParseResult arguments)
    {
        if (!StudyQueue.IsIn(folder.Path))
        {
            string text = File.ReadAllText(arguments.GetValue(_file)!);
            PrivateFiles.WriteDurably(Path.Combine(folder.Path, StudyFolder.FileName), System.Text.Encoding.UTF8.GetBytes(text));
            return StudyQueue.Create(folder.Path, study, CommandOf(arguments));
        }

        if (!_resume.Get(arguments))
        {
            throw new UserErrorException(ExitCode.Usage, $"'{folder.Path}' holds a study already; go on with it by --resume, or choose another --output");
        }

        StudyQueue queue = StudyQueue.Open(folder.Path);
        if (queue.Identity != study.Identity)
        {
            queue.Dispose();
            throw new UserErrorException(
                ExitCode.Usage, $"'{folder.Path}' holds other runs than '{arguments.GetValue(_file)}' has now; begin anew in another --output, or give the file as it was");
        }

        queue.Requeue();
        return queue;
    }

    private string CommandOf(ParseResult arguments)
    {
        SortedDictionary<string, string> given = GivenFlags.Of(arguments);
        IEnumerable<string> looking = _observation.Options.Select(o => o.Name).Except(_security.Options.Select(o => o.Name), StringComparer.Ordinal);
        foreach (string own in (string[])[_output.Option.Name, _resume.Option.Name, _nodeProgram.Option.Name, .. looking])
        {
            given.Remove(own);
        }

        return ShellWords.DotnetRun("Orchestrator", ["experiment", arguments.GetValue(_file)!, .. RunLines.Words(arguments.CommandResult.Command, given)]);
    }
}
