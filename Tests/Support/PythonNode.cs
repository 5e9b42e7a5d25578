using System.Diagnostics;
using System.Net;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>The node of <c>Tests/Peers/python_node.py</c>, as a process of its own.</summary>
internal sealed class PythonNode : IAsyncDisposable
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private PythonNode(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Why there can be no such node on this machine; <see langword="null"/> where there can.</summary>
    public static async Task<string?> MissingAsync()
    {
        if (!File.Exists(Python))
        {
            return $"there is no {Python}";
        }

        await using var probe = new PythonNode(Start("-c", "import torch, msgpack, lz4.block"));
        (int code, _, string errors) = await probe.EndAsync();
        return code == 0 ? null : $"python3-torch, python3-msgpack or python3-lz4 is missing: {errors.Trim().Split('\n')[^1]}";
    }

    /// <summary>Starts one that holds <paramref name="images"/>, written into <paramref name="folder"/>.</summary>
    public static PythonNode Start(int id, SampleSet images, TempFolder folder, IPEndPoint endpoint, params string[] options)
    {
        folder.Write("train-images-idx3-ubyte", IdxFiles.ImagesOf(images));
        folder.Write("train-labels-idx1-ubyte", IdxFiles.LabelsOf(images));
        string script = Path.Combine(AppContext.BaseDirectory, "Peers", "python_node.py");
        string[] arguments = [script, "--data", folder.Path, "--node_id", $"{id}", "--host", $"{endpoint.Address}", "--port", $"{endpoint.Port}"];
        return new PythonNode(Start([.. arguments, .. options]));
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

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

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        return Process.Start(start)!;
    }
}
