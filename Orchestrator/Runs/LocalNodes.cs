using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Nodes inside this process, connected to its orchestrator over loopback like nodes in other processes.
/// </summary>
internal sealed class LocalNodes : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<NodeAgent> _agents = [];
    private readonly List<Task> _running = [];

    /// <summary>Starts one node for each part of the data.</summary>
    /// <param name="endpoint">Where the orchestrator listens.</param>
    /// <param name="samples">The whole data set.</param>
    /// <param name="partition">Sample indices of each node.</param>
    /// <param name="classCount">Labels are from 0 to this, exclusive.</param>
    /// <param name="device">Device to compute on.</param>
    /// <param name="encoding">Creates a node's encoding of sent tensors.</param>
    /// <param name="adapt">Changes the settings of a node; <see langword="null"/> to leave them.</param>
    public LocalNodes(
        System.Net.IPEndPoint endpoint,
        SampleSet samples,
        int[][] partition,
        int classCount,
        Device device,
        Func<TensorEncodingOptions> encoding,
        Func<NodeOptions, NodeOptions>? adapt = null)
    {
        for (int node = 1; node <= partition.Length; node++)
        {
            var options = new NodeOptions(node, endpoint.Address.ToString(), endpoint.Port, device, encoding()) { Policy = new PolicySource(NodePolicy.Permissive) };
            var agent = new NodeAgent(adapt?.Invoke(options) ?? options, samples.Select(partition[node - 1]), classCount, Logging.Logger($"node{node}"));
            _agents.Add(agent);
            _running.Add(Task.Run(() => agent.RunAsync(_stopping.Token)));
        }
    }

    /// <summary>The θ of a node in a blind run; <see langword="null"/> before it begins. Use it only while no task is under way.</summary>
    public BlindReplica? ReplicaOf(int node) => _agents[node - 1].Replica;

    /// <summary>Runs <paramref name="work"/>; if a node fails, ends it with that node's exception.</summary>
    public async Task<T> WhileRunningAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T> result = work(linked.Token);
        var waiting = new List<Task>(_running) { result };
        while (!result.IsCompleted)
        {
            Task ended = await Task.WhenAny(waiting);
            waiting.Remove(ended);
            if (ended.IsFaulted && ended != result)
            {
                await linked.CancelAsync();
                await result.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                await ended;
            }
        }

        return await result;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_running);
        }
        catch (OperationCanceledException)
        {
            // These nodes had not been told to shut down.
        }

        foreach (NodeAgent agent in _agents)
        {
            agent.Dispose();
        }

        _stopping.Dispose();
    }
}
