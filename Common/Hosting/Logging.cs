using NLog;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Targets;
using TraversalLearning.Wire;
using ILogger = Microsoft.Extensions.Logging.ILogger;
using LogLevel = NLog.LogLevel;

namespace TraversalLearning.Hosting;

/// <summary>
/// Log configuration: all events go to a file, those for the operator also to the console. Each namespace declares its events
/// with <c>[LoggerMessage]</c>; event numbers are never reused.
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
    /// <param name="verbose">Whether the file includes debug events.</param>
    /// <param name="console">Receives the lines for the operator.</param>
    /// <param name="consoleLevel">Minimum level for the console.</param>
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

    /// <summary>An event as a single line of a log file, <c>[number] message</c>; untrusted text is escaped.</summary>
    public static string Line(LogEventInfo entry) =>
        Printable.Escape(entry.Properties.TryGetValue("EventId", out object? number) ? $"[{number}] {entry.FormattedMessage}" : entry.FormattedMessage);

    private static string ForOperator(LogEventInfo entry)
    {
        // The event number is for the log file; the operator reads the sentence.
        string message = Printable.Escape(entry.FormattedMessage);
        return entry.Level >= LogLevel.Warn ? $"{entry.Level.Name.ToLowerInvariant()}: {message}" : message;
    }
}
