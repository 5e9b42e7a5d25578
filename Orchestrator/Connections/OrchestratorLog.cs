using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// The orchestrator's log. Each area declares its own messages and which of them are throttled: those that
/// unauthenticated peers can cause, and those that may concern very many nodes at once.
/// </summary>
internal sealed class OrchestratorLog(ILogger logger) : ILogger
{
    // A failing observer may fail at every step.
    private readonly LogThrottle _observers = new(burst: 3, TimeSpan.FromMinutes(1));

    public StrangerLogger Strangers { get; } = new(logger);

    public CrowdLogger Crowd { get; } = new(logger, new LogThrottles(burst: 20, TimeSpan.FromSeconds(1)));

    public void ObserverFailed(Exception e)
    {
        if (_observers.TryPass(out long held))
        {
            logger.ObserverFailed(e, e.Message, held > 0 ? $" ({held} times more)" : string.Empty);
        }
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        logger.Log(logLevel, eventId, state, exception, formatter);
}
