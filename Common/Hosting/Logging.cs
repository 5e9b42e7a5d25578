using NLog;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Targets;
using TraversalLearning.Wire;
using ILogger = Microsoft.Extensions.Logging.ILogger;
using LogLevel = NLog.LogLevel;

namespace TraversalLearning.Hosting;

/// <summary>
/// Where log events go: all of them to a file, those for the operator to the console too. A room declares its events by <c>[LoggerMessage]</c>;
/// their numbers are never reused.
/// </summary>
public static class Logging
{
    private const string FileLayout = "${longdate} ${level:uppercase=true:padding=-5} ${line}${onexception:inner=${newline}${exception:format=tostring}}";

    private static readonly NLogLoggerProvider Provider = ProviderOf(LogManager.LogFactory);

    /// <summary>A logger of the process.</summary>
    public static ILogger Logger(string name) => Provider.CreateLogger(name);

    /// <summary>A logger that writes to <paramref name="log"/>.</summary>
    public static ILogger Logger(string name, LogFactory log) => ProviderOf(log).CreateLogger(name);

    /// <summary>Loggers that write to <paramref name="factory"/>.</summary>
    internal static NLogLoggerProvider ProviderOf(LogFactory factory) => new(new NLogProviderOptions { CaptureMessageTemplates = false }, factory);

    /// <summary>Configures the log of the process.</summary>
    /// <param name="file">The log file, or <see langword="null"/> for none.</param>
    /// <param name="verbose">Whether the file has the debug events too.</param>
    /// <param name="console">Takes the lines for the operator.</param>
    /// <param name="consoleLevel">From which level on.</param>
    public static void Configure(string? file, bool verbose, Action<string> console, Microsoft.Extensions.Logging.LogLevel consoleLevel) =>
        Configure(file, verbose, console, consoleLevel, LogManager.LogFactory);

    /// <summary>Configures <paramref name="log"/>, as the log of a process is.</summary>
    public static void Configure(string? file, bool verbose, Action<string> console, Microsoft.Extensions.Logging.LogLevel consoleLevel, LogFactory log)
    {
        LogManager.Setup().SetupExtensions(extensions => extensions.RegisterLayoutRenderer("line", Line));
        var configuration = new LoggingConfiguration();
        if (file is not null)
        {
            configuration.AddRule(
                verbose ? LogLevel.Debug : LogLevel.Info, LogLevel.Fatal, new FileTarget("file") { FileName = Path.GetFullPath(file), Layout = FileLayout, KeepFileOpen = true });
        }

        // The levels of both libraries have the same numbers.
        configuration.AddRule(LogLevel.FromOrdinal((int)consoleLevel), LogLevel.Error, new MethodCallTarget("console", (entry, _) => console(ForOperator(entry))));
        log.Configuration = configuration;
    }

    /// <summary>An event as a file has it: <c>[number] message</c>, in one line, whatever the other side put into its texts.</summary>
    public static string Line(LogEventInfo entry) =>
        Printable.Escape(entry.Properties.TryGetValue("EventId", out object? number) ? $"[{number}] {entry.FormattedMessage}" : entry.FormattedMessage);

    private static string ForOperator(LogEventInfo entry)
    {
        // The event number is for the log file; the operator reads the sentence.
        string message = Printable.Escape(entry.FormattedMessage);
        return entry.Level >= LogLevel.Warn ? $"{entry.Level.Name.ToLowerInvariant()}: {message}" : message;
    }
}
