using Microsoft.Extensions.Logging;

namespace TraversalLearning.Hosting;

/// <summary>
/// A log of events that may happen to very many nodes at once. Each kind is shown a few times; beyond that, its events are debug events, and the
/// next one that is shown counts them. Errors are always shown.
/// </summary>
/// <param name="logger">Where to.</param>
/// <param name="throttles">How many of a kind are shown.</param>
/// <param name="prefix">Stands before each message.</param>
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
