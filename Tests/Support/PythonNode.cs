using System.Net;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>The node of <c>Tests/Peers/python_node.py</c>, as a process of its own.</summary>
internal sealed class PythonNode : IAsyncDisposable
{
    private readonly PythonProgram _program;

    private PythonNode(PythonProgram program) => _program = program;

    /// <summary>Why there can be no such node on this machine; <see langword="null"/> where there can.</summary>
    public static async Task<string?> MissingAsync() => await PythonProgram.MissingAsync("torch", "msgpack", "lz4.block", "cryptography") is { } reason
        ? $"python3-torch, python3-msgpack, python3-lz4 or python3-cryptography is missing: {reason}"
        : null;

    /// <summary>Starts one that holds <paramref name="images"/>, written into <paramref name="folder"/>.</summary>
    public static PythonNode Start(int id, SampleSet images, TempFolder folder, IPEndPoint endpoint, params string[] options)
    {
        folder.Write("train-images-idx3-ubyte", IdxFiles.ImagesOf(images));
        folder.Write("train-labels-idx1-ubyte", IdxFiles.LabelsOf(images));
        string script = Path.Combine(AppContext.BaseDirectory, "Peers", "python_node.py");
        string[] arguments = [script, "--data", folder.Path, "--node_id", $"{id}", "--host", $"{endpoint.Address}", "--port", $"{endpoint.Port}"];
        return new PythonNode(PythonProgram.Start(folder.Path, [.. arguments, .. options]));
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _program.Kill();
        await EndAsync();
    }

    /// <summary>Waits for its end.</summary>
    public Task<(int Code, string Output, string Errors)> EndAsync() => _program.EndAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _program.DisposeAsync();
}
