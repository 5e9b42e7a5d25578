using NLog;
using NLog.Config;
using NLog.Targets;
using TraversalLearning.Wire;

namespace TraversalLearning.Hosting;

/// <summary>Where log events go: all of them to a file, those for the operator to the console too.</summary>
public static class Logging
{
    private const string FileLayout = "${longdate} ${level:uppercase=true:padding=-5} ${line}${onexception:inner=${newline}${exception:format=tostring}}";

    /// <summary>Configures NLog.</summary>
    /// <param name="file">The log file, or <see langword="null"/> for none.</param>
    /// <param name="verbose">Whether the file has the debug events too.</param>
    /// <param name="console">Takes the lines for the operator.</param>
    /// <param name="consoleLevel">From which level on.</param>
    /// <param name="log">What is configured; <see langword="null"/> for the log of the process.</param>
    public static void Configure(string? file, bool verbose, Action<string> console, LogLevel consoleLevel, LogFactory? log = null)
    {
        // One event, one line, whatever the other side put into its texts.
        LogManager.Setup().SetupExtensions(extensions => extensions.RegisterLayoutRenderer("line", entry => Printable.Escape(entry.FormattedMessage)));
        var configuration = new LoggingConfiguration();
        if (file is not null)
        {
            configuration.AddRule(
                verbose ? LogLevel.Debug : LogLevel.Info, LogLevel.Fatal, new FileTarget("file") { FileName = Path.GetFullPath(file), Layout = FileLayout, KeepFileOpen = true });
        }

        var target = new MethodCallTarget("console", (entry, _) => console(ForOperator(entry)));
        configuration.AddRule(consoleLevel, LogLevel.Error, target);
        (log ?? LogManager.LogFactory).Configuration = configuration;
    }

    private static string ForOperator(LogEventInfo entry)
    {
        // The event number is for the log file; the operator reads the sentence.
        string message = Printable.Escape(entry.FormattedMessage);
        int end = message.StartsWith('[') ? message.IndexOf("] ", StringComparison.Ordinal) : -1;
        return entry.Level >= LogLevel.Warn ? $"{entry.Level.Name.ToLowerInvariant()}: {message[(end < 0 ? 0 : end + 2)..]}" : message[(end < 0 ? 0 : end + 2)..];
    }
}
