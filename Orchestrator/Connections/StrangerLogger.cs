using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// A throttled log for events that anyone who can reach the port can cause in any number: some are written, the others
/// counted.
/// </summary>
internal sealed class StrangerLogger(ILogger logger) : ILogger
{
    private readonly LogThrottle _throttle = new(burst: 20, TimeSpan.FromSeconds(1));

    /// <summary>Logs the number of suppressed events, if any.</summary>
    public void Count() => Count(_throttle.TakeHeld());

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (_throttle.TryPass(out long held))
        {
            Count(held);
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }

    private void Count(long held)
    {
        if (held > 0)
        {
            logger.StrangersCounted(held);
        }
    }
}
