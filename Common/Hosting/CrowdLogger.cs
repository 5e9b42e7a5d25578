using Microsoft.Extensions.Logging;

namespace TraversalLearning.Hosting;

/// <summary>
/// A logger for events that may occur at very many nodes at once. Each kind is logged a few times; further events are logged at
/// debug level, and the next one shown includes their count. Errors are always shown.
/// </summary>
/// <param name="logger">The underlying logger.</param>
/// <param name="throttles">Limits each kind of event.</param>
/// <param name="prefix">Prefix of each message.</param>
public sealed class CrowdLogger(ILogger logger, LogThrottles throttles, string prefix = "") : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string more = string.Empty;
        if (logLevel is LogLevel.Information or LogLevel.Warning)
        {
            logLevel = throttles.TryPass(eventId.Id, out long held) ? logLevel : LogLevel.Debug;
            more = held > 0 ? $" ({held} more nodes alike)" : string.Empty;
        }

        logger.Log(logLevel, eventId, state, exception, (s, e) => $"{prefix}{formatter(s, e)}{more}");
    }
}
