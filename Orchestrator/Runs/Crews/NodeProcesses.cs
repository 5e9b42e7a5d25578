using System.Globalization;
using System.Net;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs.Crews;

/// <summary>Runs each node of a run in a process of its own on this machine.</summary>
/// <param name="program">The node program.</param>
/// <param name="options">The run's options.</param>
/// <param name="folder">The run folder, which receives each node's log.</param>
internal sealed class NodeProcesses(string program, RunOptions options, string folder) : INodeCrew
{
    // Nodes that were told to shut down need no longer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly List<ChildProcess> _nodes = [];
    private readonly List<Task> _watching = [];
    private readonly TaskCompletionSource<UserErrorException> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    /// <inheritdoc/>
    public Task<UserErrorException> Failure => _failure.Task;

    /// <inheritdoc/>
    public void Start(IPEndPoint endpoint)
    {
        if (options.Exchange == Exchange.Blind)
        {
            string policy = NodeCommandLine.PolicyOf(folder);
            PrivateFiles.CreateFolder(Path.GetDirectoryName(policy)!);
            PrivateFiles.WriteDurably(policy, Encoding.UTF8.GetBytes(PolicyFile.PermissiveText));
        }

        string port = endpoint.Port.ToString(CultureInfo.InvariantCulture);
        for (int id = _nodes.Count + 1; id <= options.NumNodes; id++)
        {
            string log = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"node{id}.log"));
            var node = ChildProcess.Start(program, [.. NodeCommandLine.Of(options, id, folder), "--port", port, "--log_file", log]);
            _nodes.Add(node);
            _watching.Add(WatchAsync(id, node));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAny(Task.WhenAll(_watching), Task.Delay(Grace));
        await _stopping.CancelAsync();
        foreach (ChildProcess node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Task.WhenAll(_watching);
        _stopping.Dispose();
    }

    private async Task WatchAsync(int id, ChildProcess node)
    {
        try
        {
            await node.EndAsync(_stopping.Token);
        }
        catch (UserErrorException e)
        {
            _failure.TrySetResult(new UserErrorException(e.ExitCode, $"node {id}: {e.Message}", e));
        }
        catch (OperationCanceledException)
        {
            // The process is about to be killed.
        }
    }
}
