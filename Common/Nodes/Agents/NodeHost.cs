using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Records;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// Several nodes in one process. To the orchestrator they are separate nodes, each with its own id, connection, samples and
/// fingerprint; each reconnects on its own. They share one copy of the samples and one model, which runs one task at a time.
/// </summary>
public sealed class NodeHost : IDisposable
{
    private readonly ILogger _log;
    private readonly NodeCrowd _crowd;
    private readonly NodeMeter _meter = new();
    private readonly OutgoingRecord? _record;
    private readonly (NodeAgent Agent, ILogger Log, int Id)[] _nodes;

    /// <summary>Creates a host for all nodes of <paramref name="samples"/>.</summary>
    /// <param name="options">Settings of every node; the id is the first node's.</param>
    /// <param name="samples">The nodes' samples.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="TableException">The rules on what is told exclude a column, or too few rows are left of a node.</exception>
    public NodeHost(NodeOptions options, HostedSamples samples, ILogger log)
    {
        samples = samples.Told(options.Policy.Current.Tables);
        _log = log;
        _record = options.Record;
        _crowd = new NodeCrowd(samples.Shards.Count, log);
        var pool = new ComputePool(samples.Set, options.Device, shared: true, options.MaxModelBytes);
        _nodes = [.. samples.Shards.Select(shard => Create(options, shard, samples, pool))];
    }

    /// <summary>
    /// Runs until every node has ended. A node that is rejected or gives up does not end the others, which may be enough for the
    /// run. A defect ends all nodes, as it would end the process of a single node, so that a supervisor can restart the process.
    /// </summary>
    /// <returns>The nodes that failed; empty if the orchestrator shut all of them down.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, without any other failure.</exception>
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
        if (_record is not null && !failed.Any(f => f.Reason is RecordException))
        {
            _record.Sync();
            _log.RecordEnds(_record.Head);
        }

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
            if (e is not (NodeRejectedException or PeerAuthenticationException or ConnectionLostException or PolicyException or RecordException))
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

/// <summary>A node that ended with an error.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Reason">The exception of <see cref="NodeAgent.RunAsync"/>.</param>
public sealed record NodeFailure(int NodeId, Exception Reason);
