using NLog;
using TraversalLearning.Hosting;
using TraversalLearning.NodeDaemon;
using TraversalLearning.Orchestration.Commands;

namespace TraversalLearning.Tests.Support;

/// <summary>
/// A command line of <c>Orchestrator</c> or <c>Node</c> in this process: the same flags, lines and exit codes as the program's, without its start.
/// What is the process's own, such as signals, file modes and libtorch's threads, takes a <see cref="RunningProgram"/>.
/// </summary>
internal sealed class RunningCommand : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ProgramLines _output = new();
    private readonly ProgramLines _errors = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Task<int> _running;

    private RunningCommand(Func<RunningCommand, Task<int>> run) => _running = Task.Run(() => run(this));

    /// <summary>Lines on standard output so far.</summary>
    public string[] Output => _output.All;

    /// <summary>Whatever it said, for the message of a failing assertion.</summary>
    public string Transcript => string.Join('\n', [.. Output, .. _errors.All]);

    /// <summary>Starts an orchestrator once there is none other in this process: it writes to the process's console and log.</summary>
    public static async Task<RunningCommand> StartOrchestratorAsync(params string[] arguments)
    {
        Turn turn = await Turn.TakeAsync();
        return new RunningCommand(command => command.OrchestrateAsync(arguments, turn));
    }

    /// <summary>Starts a node, of which there may be many.</summary>
    public static RunningCommand StartNode(params string[] arguments) => new(command => command.ServeAsync(arguments));

    /// <summary>Runs the orchestrator to its end.</summary>
    public static async Task<FinishedProgram> RunOrchestratorAsync(params string[] arguments)
    {
        await using RunningCommand command = await StartOrchestratorAsync(arguments);
        return await command.EndAsync();
    }

    /// <summary>Has a model predict; its rows, which go to a file here, stand for its output.</summary>
    public static async Task<FinishedProgram> PredictAsync(params string[] arguments)
    {
        using var folder = new TempFolder();
        string file = folder["predictions.csv"];
        FinishedProgram ended = await RunOrchestratorAsync(["predict", .. arguments, "--output", file]);
        return ended.ExitCode == 0 ? ended with { Output = await File.ReadAllLinesAsync(file) } : ended;
    }

    /// <summary>Runs a node to its end.</summary>
    public static async Task<FinishedProgram> RunNodeAsync(params string[] arguments)
    {
        await using RunningCommand command = StartNode(arguments);
        return await command.EndAsync();
    }

    /// <summary>The port that an orchestrator listens on, once it does.</summary>
    public async Task<int> PortAsync() => ProgramLines.PortIn(await WaitForLineAsync("waiting for "));

    /// <summary>Waits for a line on standard output that contains <paramref name="text"/>.</summary>
    public async Task<string> WaitForLineAsync(string text) =>
        await _output.FindAsync(text, _running, Patience) ?? throw new AssertionException($"no line with '{text}', but:\n{Transcript}");

    /// <summary>Ends it in good order, as a signal does.</summary>
    public void Interrupt() => _cancellation.Cancel();

    /// <summary>Waits for its end.</summary>
    public async Task<FinishedProgram> EndAsync()
    {
        if (await Task.WhenAny(_running, Task.Delay(Patience)) != _running)
        {
            throw new AssertionException($"the command does not end; it said:\n{Transcript}");
        }

        return new FinishedProgram(await _running, Output, _errors.All);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cancellation.CancelAsync();
        await _running.WaitAsync(Patience);
        _cancellation.Dispose();
    }

    private async Task<int> OrchestrateAsync(string[] arguments, Turn turn)
    {
        using (turn)
        {
            (TextWriter output, TextWriter errors) = (Console.Out, Console.Error);
            await using var lines = new LineWriter(_output);
            await using var errorLines = new LineWriter(_errors);
            Console.SetOut(lines);
            Console.SetError(errorLines);
            try
            {
                return await CommandLineHost.InvokeAsync(OrchestratorCommand.Create(), arguments, LogManager.LogFactory, Console.Error, _cancellation.Token);
            }
            finally
            {
                Console.SetOut(output);
                Console.SetError(errors);
            }
        }
    }

    private async Task<int> ServeAsync(string[] arguments)
    {
        using var log = new LogFactory();
        await using var errors = new LineWriter(_errors);
        return await CommandLineHost.InvokeAsync(NodeCommand.Create(log, _output.Add), arguments, log, errors, _cancellation.Token);
    }
}
