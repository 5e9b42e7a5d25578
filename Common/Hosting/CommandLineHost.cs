using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
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
        ParseResult result = command.Parse(args);
        if (result.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"error: {result.Errors[0].Message.TrimEnd('.')}; --help lists the flags");
            return (int)ExitCode.Usage;
        }

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
        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await result.InvokeAsync(configuration, cancellation.Token);
        }
        catch (Exception e)
        {
            return (int)await ReportAsync(e, cancellation.IsCancellationRequested);
        }
        finally
        {
            Logging.Shutdown();
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

    private static async Task<ExitCode> ReportAsync(Exception e, bool cancelled)
    {
        ILogger logger = Logging.Logger("program");
        switch (e)
        {
            case UserErrorException error:
                logger.EndedByUser(e);
                await Console.Error.WriteLineAsync($"error: {Printable.Escape(error.Message)}");
                return error.ExitCode;
            case OperationCanceledException when cancelled:
                await Console.Error.WriteLineAsync("cancelled");
                return ExitCode.Cancelled;
            default:
                logger.EndedByDefect(e);
                await Console.Error.WriteLineAsync(
                    $"error: {e.GetType().Name}: {Printable.Escape(e.Message.ReplaceLineEndings(" "))} (a defect of this program; its log has the trace)");
                return ExitCode.InternalError;
        }
    }
}
