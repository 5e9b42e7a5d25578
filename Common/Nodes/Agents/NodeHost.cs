using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// Several nodes in one process. To the orchestrator they are so many nodes: each has its id, its connection, its samples and their
/// fingerprint, and comes back by itself when its connection is lost. They share what does not show: the samples are in memory once, and one
/// model computes for all, one task at a time.
/// </summary>
public sealed class NodeHost : IDisposable
{
    private readonly ILogger _log;
    private readonly NodeCrowd _crowd;
    private readonly NodeMeter _meter = new();
    private readonly (NodeAgent Agent, ILogger Log, int Id)[] _nodes;

    /// <summary>A host for all of <paramref name="samples"/>' nodes.</summary>
    /// <param name="options">How each of them runs; the id is that of the first.</param>
    /// <param name="samples">What they hold.</param>
    /// <param name="log">Told of what happens.</param>
    public NodeHost(NodeOptions options, HostedSamples samples, ILogger log)
    {
        _log = log;
        _crowd = new NodeCrowd(samples.Shards.Count, log);
        var pool = new ComputePool(samples.Set, options.Device, shared: true, options.MaxModelBytes);
        _nodes = [.. samples.Shards.Select(shard => Create(options, shard, samples, pool))];
    }

    /// <summary>
    /// Runs until every node has ended. One that is refused or gives up does not end the others: they may be all that is needed. A defect
    /// ends all, as it would end the process of a node alone, so that whoever watches over the process can start it again.
    /// </summary>
    /// <returns>The nodes that failed, and how; none if the orchestrator has sent all of them home.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and nothing else happened.</exception>
    public async Task<IReadOnlyList<NodeFailure>> RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        NodeFailure?[] failures = await Task.WhenAll(_nodes.Select(n => Task.Run(() => RunAsync(n.Agent, n.Log, n.Id, stopping), CancellationToken.None)));
        NodeFailure[] failed = [.. failures.OfType<NodeFailure>()];
        if (failed.Length == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        _log.AllEnded(_nodes.Length, failed.Length);
        _log.Figures(_meter.Read());
        return failed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((NodeAgent agent, _, _) in _nodes)
        {
            agent.Dispose();
        }

        _crowd.Dispose();
    }

    private static async Task<NodeFailure?> RunAsync(NodeAgent agent, ILogger log, int id, CancellationTokenSource stopping)
    {
        try
        {
            await agent.RunAsync(stopping.Token);
            return null;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            log.Ended(e.Message);
            if (e is not (NodeRejectedException or PeerAuthenticationException or ConnectionLostException))
            {
                await stopping.CancelAsync();
            }

            return new NodeFailure(id, e);
        }
    }

    private (NodeAgent Agent, ILogger Log, int Id) Create(NodeOptions options, NodeShard shard, HostedSamples samples, ComputePool pool)
    {
        CrowdLogger log = _crowd.LogOf(shard.NodeId);
        var agent = new NodeAgent(options with { NodeId = shard.NodeId }, shard, pool, log, _meter, _crowd);
        return (agent, log, shard.NodeId);
    }
}

/// <summary>A node that ended by an error.</summary>
/// <param name="NodeId">Which.</param>
/// <param name="Reason">What <see cref="NodeAgent.RunAsync"/> threw.</param>
public sealed record NodeFailure(int NodeId, Exception Reason);
