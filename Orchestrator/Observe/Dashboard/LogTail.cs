using System.Globalization;
using System.Text.Json.Nodes;
using NLog;
using NLog.Config;
using NLog.Targets;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>The last lines of the log. Each new configuration of the log, that of the next run of a comparison say, gets its target again.</summary>
internal sealed class LogTail : IDisposable
{
    /// <summary>How many lines.</summary>
    public const int MaxLines = 200;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new(MaxLines);
    private readonly MethodCallTarget _target;
    private int _count;

    /// <summary>Begins to listen.</summary>
    public LogTail()
    {
        _target = new MethodCallTarget("dashboard", (entry, _) => Add(entry));
        LogManager.ConfigurationChanged += OnConfigurationChanged;
        Attach();
    }

    /// <summary>The lines from one on, as far as they are still there.</summary>
    /// <param name="from">The first that is wanted.</param>
    /// <param name="next">How many there have been.</param>
    public JsonObject ToJson(int from, out int next)
    {
        lock (_lock)
        {
            next = _count;
            int first = Math.Max(from, _count - _lines.Count);
            return new JsonObject
            {
                ["from"] = first,
                ["lines"] = new JsonArray([.. _lines.Skip(first - (_count - _lines.Count)).Select(l => (JsonNode)l)]),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LogManager.ConfigurationChanged -= OnConfigurationChanged;
        LogManager.Configuration?.RemoveTarget(_target.Name);
        LogManager.ReconfigExistingLoggers();
        _target.Dispose();
    }

    private void OnConfigurationChanged(object? sender, LoggingConfigurationChangedEventArgs e) => Attach();

    private void Attach()
    {
        if (LogManager.Configuration is { } configuration && configuration.FindTargetByName(_target.Name) is null)
        {
            configuration.AddRule(LogLevel.Info, LogLevel.Fatal, _target);
            LogManager.ReconfigExistingLoggers();
        }
    }

    private void Add(LogEventInfo entry)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{entry.TimeStamp:HH:mm:ss} {entry.Level.Name.ToUpperInvariant(),-5} {Logging.Line(entry)}");
        lock (_lock)
        {
            if (_lines.Count == MaxLines)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
            _count++;
        }
    }
}
