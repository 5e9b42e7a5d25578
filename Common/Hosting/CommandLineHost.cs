using System.CommandLine;
using System.Runtime.InteropServices;
using NLog;
using TraversalLearning.Wire;

namespace TraversalLearning.Hosting;

/// <summary>Runs a command line: signals cancel it; errors become one line and an exit code.</summary>
public static class CommandLineHost
{
    /// <summary>Parses and runs.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="grace">Time from a signal to the end of the process at the latest, for a program that has nothing to save; <see langword="null"/> for no limit.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(RootCommand command, string[] args, TimeSpan? grace = null)
    {
        ServeSocketsInline();
        NativeHeap.KeepMemory();
        ProcessMask.KeepFilesPrivate();
        ConsoleLines.RequireOutput();
        using var cancellation = new CancellationTokenSource();
        void OnSignal(PosixSignalContext context)
        {
            if (!cancellation.IsCancellationRequested)
            {
                // The first signal shuts down gracefully; a second one terminates the process at once.
                context.Cancel = true;
                if (grace is { } limit)
                {
                    ProcessEnd.ForceAfter(limit);
                }

                cancellation.Cancel();
            }
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        return await InvokeAsync(command, args, LogManager.LogFactory, Console.Error, cancellation.Token);
    }

    /// <summary>Parses and runs a command as one of several in this process, without touching process-wide state.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="log">The command's log; closed at the end.</param>
    /// <param name="errors">Receives the one-line error message.</param>
    /// <param name="cancellationToken">Shuts the command down.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static async Task<int> InvokeAsync(RootCommand command, string[] args, LogFactory log, TextWriter errors, CancellationToken cancellationToken)
    {
        ParseResult result = command.Parse(args);
        if (result.Errors.Count > 0)
        {
            await errors.WriteLineAsync($"error: {result.Errors[0].Message.TrimEnd('.')}; --help lists the flags");
            return (int)ExitCode.Usage;
        }

        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await result.InvokeAsync(configuration, cancellationToken);
        }
        catch (Exception e)
        {
            return (int)await ReportAsync(e, Logging.Logger("program", log), errors, cancellationToken.IsCancellationRequested);
        }
        finally
        {
            log.Shutdown();
        }
    }

    /// <summary>
    /// Runs socket continuations on the thread that polls the socket instead of handing them to another thread: a step has a dozen
    /// such hand-overs of some tens of microseconds each. Safe because no continuation here blocks. Read when the first socket is
    /// created.
    /// </summary>
    private static void ServeSocketsInline()
    {
        const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }

    private static async Task<ExitCode> ReportAsync(Exception e, Microsoft.Extensions.Logging.ILogger logger, TextWriter errors, bool cancelled)
    {
        switch (e)
        {
            case UserErrorException error:
                logger.EndedByUser(e);
                await errors.WriteLineAsync($"error: {Printable.Escape(error.Message)}");
                return error.ExitCode;
            case OperationCanceledException when cancelled:
                await errors.WriteLineAsync("cancelled");
                return ExitCode.Cancelled;
            default:
                logger.EndedByDefect(e);
                await errors.WriteLineAsync(
                    $"error: {e.GetType().Name}: {Printable.Escape(e.Message.ReplaceLineEndings(" "))} (a defect of this program; its log has the trace)");
                return ExitCode.InternalError;
        }
    }
}
