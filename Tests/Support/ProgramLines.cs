using System.Text.RegularExpressions;

namespace TraversalLearning.Tests.Support;

/// <summary>The lines that a program has written so far; a test can wait for one.</summary>
internal sealed partial class ProgramLines
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource<string> Found)> _waiting = [];

    public string[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The port in the line in which an orchestrator says what it waits for.</summary>
    public static int PortIn(string line) => int.Parse(PortPattern().Match(line).Groups["port"].Value);

    public void Add(string line)
    {
        lock (_lock)
        {
            _lines.Add(line);
            foreach ((_, TaskCompletionSource<string> found) in _waiting.Where(w => line.Contains(w.Text, StringComparison.Ordinal)))
            {
                found.TrySetResult(line);
            }
        }
    }

    /// <summary>The first line that contains <paramref name="text"/>, once it is there; <see langword="null"/> if the program ends or time runs out without one.</summary>
    public async Task<string?> FindAsync(string text, Task end, TimeSpan patience)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Find(l => l.Contains(text, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            _waiting.Add((text, found));
        }

        await Task.WhenAny(found.Task, end, Task.Delay(patience));
        return found.Task.IsCompleted ? await found.Task : null;
    }

    [GeneratedRegex(@":(?<port>\d+)$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PortPattern();
}
