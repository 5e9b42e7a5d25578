using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>worker</c>: a process that executes runs of a study hosted elsewhere.</summary>
internal sealed class WorkerCommand
{
    private readonly RunFlags _flags;
    private readonly Command _root;
    private readonly Flag<string> _host = Flag.Text("--host", "host of the study; another machine requires TLS and token, or `--insecure`", "127.0.0.1", "ADDRESS");
    private readonly Flag<int> _port = Flag.RequiredInt("--port", "port of the study", min: 1, max: 65535);
    private readonly Flag<string?> _name = Flag.OptionalText("--name", "name of the worker in the study's tables", "NAME", without: "this machine's name");
    private readonly Flag<string> _scratch = Flag.Text("--scratch", "folder for the runs that it does", Path.Combine(RunFolder.DefaultParent, "worker"), "DIR");
    private readonly Flag<string?> _studyFolder = Flag.OptionalText(
        "--study_folder", "the study's own folder, on the same machine: runs are done there, and nothing is sent", "DIR");

    private readonly Flag<string?> _nodeProgram = Flag.OptionalText("--node_program", "the node program, for `hosting: processes`", without: "the one beside this program");
    private readonly Flag<TimeSpan> _connectTimeout = Flag.Seconds("--connect_timeout", "seconds of trying to reach the study", TimeSpan.FromMinutes(10));
    private readonly Flag<string?> _logFile = Flag.OptionalText("--log_file", "log file", without: "`worker.log` in `--scratch`");
    private readonly SecurityFlags _security = SecurityFlags.ForWorker();
    private readonly ProxyFlag _proxy = new();

    private WorkerCommand(RunFlags flags, Command root)
    {
        _flags = flags;
        _root = root;
    }

    /// <summary>Creates the command.</summary>
    /// <param name="flags">The flags of a run.</param>
    /// <param name="root">The command of a run, which parses a study's requests.</param>
    public static Command Create(RunFlags flags, Command root)
    {
        var own = new WorkerCommand(flags, root);
        var command = new Command("worker", "Does runs of a study that is run here or on another machine (docs/guide/studies.md).");
        foreach (Option option in (Option[])
            [
                own._host.Option, own._port.Option, own._name.Option, own._scratch.Option, own._studyFolder.Option, own._nodeProgram.Option,
                own._connectTimeout.Option, own._logFile.Option, own._proxy.Option, .. own._security.Options,
            ])
        {
            command.Options.Add(option);
        }

        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string host = _host.Get(arguments);
        int port = _port.Get(arguments);
        ProxyChoice proxies = _proxy.Read(arguments);
        NodeSecurity security = _security.ReadNode(arguments, host, proxies.RemoteFor(host, port));
        var options = new WorkerOptions(host, port, _name.Get(arguments) ?? Environment.MachineName, security)
        {
            Proxy = proxies.For(host, port),
            StudyFolder = _studyFolder.Get(arguments) is { } shared ? Path.GetFullPath(shared) : null,
            Scratch = Path.GetFullPath(_scratch.Get(arguments)),
            NodeProgram = _nodeProgram.Get(arguments),
            ConnectTimeout = _connectTimeout.Get(arguments),
            LogFile = _logFile.Get(arguments),
        };
        ConsoleLines.DropWhatCannotBeWritten();
        var view = new PlainProgressView(Console.Out);
        options.ConfigureLog(view);
        await new WorkerAgent(options, new WorkerRun(options, Read, view), Logging.Logger("worker")).RunAsync(cancellationToken);
        return (int)ExitCode.Success;
    }

    /// <summary>
    /// Parses a run's command line exactly as the program would; the worker chooses the output folder.
    /// </summary>
    private PlannedRun Read(IReadOnlyList<string> words)
    {
        ParseResult parsed = _root.Parse([.. words]);
        if (parsed.Errors.Count > 0)
        {
            throw new UserErrorException(ExitCode.Usage, parsed.Errors[0].Message);
        }

        return parsed.CommandResult.Command == _root && _flags.Output.Get(parsed) is null && _flags.Resume.Get(parsed) is null
            ? new PlannedRun(Repetition: 1, _flags.ReadRun(parsed), words, GivenFlags.ForCheckpoint(_flags, parsed))
            : throw new UserErrorException(ExitCode.Usage, "the study asks for something else than a run");
    }
}
