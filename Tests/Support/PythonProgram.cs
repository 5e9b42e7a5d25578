using System.Diagnostics;

namespace TraversalLearning.Tests.Support;

/// <summary>A program in the system's Python, which on Debian has PyTorch.</summary>
internal sealed class PythonProgram : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private PythonProgram(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Why modules cannot be had on this machine; <see langword="null"/> where they can.</summary>
    public static async Task<string?> MissingAsync(params string[] modules)
    {
        if (!File.Exists(Python))
        {
            return $"there is no {Python}";
        }

        await using PythonProgram probe = Start(".", "-c", $"import {string.Join(", ", modules)}");
        (int code, _, string errors) = await probe.EndAsync();
        return code == 0 ? null : errors.Trim().Split('\n')[^1];
    }

    /// <summary>Starts one.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="arguments">The script and its arguments.</param>
    public static PythonProgram Start(string folder, params string[] arguments) => new(Process.Start(
        new ProcessStartInfo(Python, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!);

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for its end.</summary>
    public async Task<(int Code, string Output, string Errors)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, await _output, await _errors);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
    }
}
