using NLog;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Targets;
using TraversalLearning.Hosting;

namespace TraversalLearning.Tests.Support;

/// <summary>The log of one cluster, kept in memory, apart from every other; a test can wait for an event instead of sleeping.</summary>
internal sealed class CapturedLog : IDisposable
{
    private readonly LogFactory _factory = new();
    private readonly NLogLoggerProvider _loggers;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Matches, int Missing, TaskCompletionSource Done)> _waiting = [];

    /// <summary>An empty log.</summary>
    /// <param name="debug">Whether debug events are kept too: some for every task.</param>
    public CapturedLog(bool debug = true)
    {
        var configuration = new LoggingConfiguration(_factory);
        configuration.AddRule(debug ? LogLevel.Debug : LogLevel.Info, LogLevel.Fatal, new MethodCallTarget("memory", (entry, _) => Add($"{entry.LoggerName} {Logging.Line(entry)}")));
        _factory.Configuration = configuration;
        _loggers = Logging.ProviderOf(_factory);
    }

    /// <summary>What was logged so far, each line as <c>logger [number] message</c>.</summary>
    public string[] Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public Microsoft.Extensions.Logging.ILogger Logger(string name) => _loggers.CreateLogger(name);

    /// <summary>Waits until <paramref name="count"/> lines contain <paramref name="text"/>, those of the past included.</summary>
    public Task WaitForAsync(string text, CancellationToken cancellationToken, int count = 1)
    {
        lock (_lock)
        {
            bool Matches(string line) => line.Contains(text, StringComparison.Ordinal);
            int missing = count - _lines.Count(Matches);
            if (missing <= 0)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((Matches, missing, done));
            return done.Task.WaitAsync(cancellationToken);
        }
    }

    public int Count(string text) => Lines.Count(l => l.Contains(text, StringComparison.Ordinal));

    /// <inheritdoc/>
    public void Dispose()
    {
        _loggers.Dispose();
        _factory.Dispose();
    }

    private void Add(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
            for (int i = 0; i < _waiting.Count; i++)
            {
                (Func<string, bool> matches, int missing, TaskCompletionSource done) = _waiting[i];
                if (matches(line))
                {
                    _waiting[i] = (matches, --missing, done);
                    if (missing == 0)
                    {
                        done.TrySetResult();
                    }
                }
            }
        }
    }
}
