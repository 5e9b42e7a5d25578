using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TraversalLearning.Tests.Support;

/// <summary>The real <c>Orchestrator</c>, <c>Node</c> or <c>Bench</c>, from its build output, as a process of its own.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ProgramLines _output = new();
    private readonly ProgramLines _errors = new();
    private readonly Task _reading;

    private RunningProgram(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    /// <summary>Lines on standard output so far.</summary>
    public string[] Output => _output.All;

    /// <summary>Lines on standard error so far.</summary>
    public string[] Errors => _errors.All;

    /// <summary>Whatever it said, for the message of a failing assertion.</summary>
    public string Transcript => string.Join('\n', [.. Output, .. Errors]);

    public bool HasEnded => _process.HasExited;

    public int ProcessId => _process.Id;

    public static RunningProgram StartOrchestrator(params string[] arguments) => Start("Orchestrator", arguments);

    /// <summary>An orchestrator that may have so many files and sockets open.</summary>
    public static RunningProgram StartOrchestratorWithDescriptors(int count, params string[] arguments) =>
        Start("Orchestrator", arguments, WithDescriptors(count));

    /// <summary>An orchestrator with these variables (<c>NAME=VALUE</c>) in its environment.</summary>
    public static RunningProgram StartOrchestratorIn(string[] environment, params string[] arguments) => Start("Orchestrator", arguments, ["env", .. environment]);

    /// <summary>A node with these variables (<c>NAME=VALUE</c>) in its environment.</summary>
    public static RunningProgram StartNodeIn(string[] environment, params string[] arguments) => Start("Node", arguments, ["env", .. environment]);

    /// <summary>Runs the orchestrator to its end under <c>strace</c>, which writes the system calls whose names match to a file.</summary>
    public static async Task<FinishedProgram> TraceOrchestratorAsync(string file, string calls, params string[] arguments)
    {
        await using RunningProgram program = Start("Orchestrator", arguments, "strace", "-f", "--seccomp-bpf", "-y", "-s", "4096", "-e", $"trace=/{calls}", "-o", file);
        return await program.EndAsync();
    }

    /// <summary>A node, or several, that may have so many files and sockets open.</summary>
    public static RunningProgram StartNodeWithDescriptors(int count, params string[] arguments) => Start("Node", arguments, WithDescriptors(count));

    /// <summary>A node whose files may have so many kB, as on a disk that becomes full. The runtime's own code is in memory, not in a file, then.</summary>
    public static RunningProgram StartNodeWithShortFiles(int kilobytes, params string[] arguments) =>
        Start("Node", arguments, "bash", "-c", $"trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0; ulimit -f {kilobytes} && exec \"$0\" \"$@\"");

    public static RunningProgram StartNode(params string[] arguments) => Start("Node", arguments);

    /// <summary>Runs the orchestrator to its end.</summary>
    public static Task<FinishedProgram> RunOrchestratorAsync(params string[] arguments) => RunAsync("Orchestrator", arguments);

    /// <summary>Runs the orchestrator to its end; its standard output is on a disk that is full.</summary>
    public static async Task<FinishedProgram> RunOrchestratorIntoFullDiskAsync(params string[] arguments)
    {
        await using RunningProgram program = Start("Orchestrator", arguments, "bash", "-c", "exec \"$0\" \"$@\" >/dev/full");
        return await program.EndAsync();
    }

    /// <summary>Runs a node to its end.</summary>
    public static Task<FinishedProgram> RunNodeAsync(params string[] arguments) => RunAsync("Node", arguments);

    public static RunningProgram StartBench(params string[] arguments) => Start("Bench", arguments);

    /// <summary>Runs the benchmark to its end.</summary>
    public static Task<FinishedProgram> RunBenchAsync(params string[] arguments) => RunAsync("Bench", arguments);

    /// <summary>The port that an orchestrator listens on, once it does.</summary>
    public async Task<int> PortAsync() => ProgramLines.PortIn(await WaitForLineAsync("waiting for "));

    /// <summary>Waits for a line on standard output that contains <paramref name="text"/>.</summary>
    public async Task<string> WaitForLineAsync(string text) =>
        await _output.FindAsync(text, _reading, Patience) ?? throw new AssertionException($"no line with '{text}', but:\n{Transcript}");

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public void Interrupt() => Assert.That(Kill(_process.Id, signal: 2), Is.Zero);

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Assert.That(Kill(_process.Id, signal: 15), Is.Zero);

    /// <summary>SIGHUP.</summary>
    public void HangUp() => Assert.That(Kill(_process.Id, signal: 1), Is.Zero);

    /// <summary>SIGKILL: nothing of it runs any more when this returns.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<FinishedProgram> EndAsync(TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new AssertionException($"the program does not end; it said:\n{Transcript}", e);
        }

        await _reading;
        return new FinishedProgram(_process.ExitCode, Output, Errors);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private static async Task<FinishedProgram> RunAsync(string project, string[] arguments)
    {
        await using RunningProgram program = Start(project, arguments);
        return await program.EndAsync();
    }

    private static string[] WithDescriptors(int count) => ["bash", "-c", $"ulimit -n {count} && exec \"$0\" \"$@\""];

    private static RunningProgram Start(string project, string[] arguments, params string[] wrapper)
    {
        string[] command = [.. wrapper, Repository.Program(project), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        return new RunningProgram(Process.Start(start)!);
    }

    private static async Task ReadAsync(StreamReader reader, ProgramLines lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
