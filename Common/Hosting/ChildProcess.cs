using System.Diagnostics;

namespace TraversalLearning.Hosting;

/// <summary>A program that was started from this one: its lines are kept, and it does not outlive this object.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private readonly string _name;
    private (string Text, TaskCompletionSource<string> Found)? _waiting;

    private ChildProcess(string name, Process process)
    {
        _name = name;
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>The output lines so far.</summary>
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

    /// <summary>Starts a program.</summary>
    /// <param name="program">The program's path, or a name that the system resolves.</param>
    /// <param name="arguments">Unquoted arguments.</param>
    /// <exception cref="UserErrorException">The program cannot be started.</exception>
    public static ChildProcess Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            return new ChildProcess(Path.GetFileName(program), Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot start '{program}': {e.Message}", e);
        }
    }

    /// <summary>Waits for a line that contains a text.</summary>
    /// <exception cref="UserErrorException">The program ended without printing it.</exception>
    public async Task<string> WaitForLineAsync(string text, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Find(l => l.Contains(text, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            _waiting = (text, found);
        }

        await Task.WhenAny(found.Task, _reading).WaitAsync(cancellationToken);
        return found.Task.IsCompleted ? await found.Task : throw Failed($"ended without '{text}'");
    }

    /// <summary>Waits for the program to exit successfully.</summary>
    /// <exception cref="UserErrorException">The program failed.</exception>
    public async Task<string[]> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _reading.WaitAsync(cancellationToken);
        return _process.ExitCode == 0 ? Lines : throw Failed($"ended with exit code {_process.ExitCode}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _reading;
        _process.Dispose();
    }

    private UserErrorException Failed(string how) => new(ExitCode.TrainingFailed, $"{_name} {how}: {string.Join(" | ", Lines.TakeLast(3))}");

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _lines.Add(line);
                if (_waiting is var (text, found) && line.Contains(text, StringComparison.Ordinal))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }
}
