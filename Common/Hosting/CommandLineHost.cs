using System.CommandLine;
using System.Runtime.InteropServices;
using NLog;
using TraversalLearning.Wire;

namespace TraversalLearning.Hosting;

/// <summary>Runs a command line: signals become a cancellation, errors one line and an exit code.</summary>
public static class CommandLineHost
{
    /// <summary>Parses and runs.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(RootCommand command, string[] args)
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
                // The first signal ends the program in good order; the second is left to end it at once.
                context.Cancel = true;
                cancellation.Cancel();
            }
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        return await InvokeAsync(command, args, LogManager.LogFactory, Console.Error, cancellation.Token);
    }

    /// <summary>Parses and runs, as one of several in this process: what the process has one of is left alone.</summary>
    /// <param name="command">The command line.</param>
    /// <param name="args">What was given.</param>
    /// <param name="log">Where the command logs. Closed at the end.</param>
    /// <param name="errors">Takes the one line of an error.</param>
    /// <param name="cancellationToken">Ends it in good order.</param>
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
    /// Lets what waits for a socket go on in the thread that saw it ready, instead of being handed to another: a step has a dozen such
    /// hand-overs, each some tens of microseconds. Nothing that waits for a socket here blocks. Read when the first socket is made.
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
