using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>
/// Exchanges models in a round of gossip: each node receives what its neighbours sent in the previous round and sends
/// its own updated model. Models travel only along edges.
/// </summary>
/// <param name="graph">The neighbours of each node.</param>
/// <param name="models">The models that nodes last sent.</param>
/// <param name="rounds">Receives replies.</param>
/// <param name="encoding">Encoding of outgoing models.</param>
/// <param name="log">Warns of nodes that have lost their model.</param>
internal sealed class GossipExchange(NodeGraph graph, NodeModels models, LocalRounds rounds, TensorEncodingOptions encoding, OrchestratorLog log)
{
    /// <summary>
    /// Runs a round on all nodes: each mixes its model with its neighbours' and trains the result. The caller stores
    /// the models sent back.
    /// </summary>
    /// <param name="training">The training request; the attempt is filled in.</param>
    /// <param name="mixes">Whether to mix first; false before nodes have trained.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>Updates by ascending node id; skipped nodes are left out. The caller disposes them.</returns>
    /// <exception cref="NodeLostException">A node was lost and lost nodes are not skipped, or all nodes were
    /// lost.</exception>
    /// <exception cref="TaskFailedException">A node failed the task.</exception>
    public Task<IReadOnlyList<LocalUpdate>> RunAsync(LocalTraining training, bool mixes, StepClock clock, CancellationToken cancellationToken) => rounds.RunAsync(
        training.Step,
        [.. Enumerable.Range(1, graph.Nodes)],
        (link, attempt, update, deadline) => AskAsync(training with { Step = training.Step with { Attempt = attempt } }, mixes, link, update, deadline),
        clock,
        cancellationToken);

    /// <summary>A single attempt over one connection.</summary>
    private async Task AskAsync(LocalTraining training, bool mixes, NodeLink link, LocalUpdate update, CancellationToken cancellationToken)
    {
        int node = link.NodeId;
        IReadOnlyList<int> neighbors = graph.NeighborsOf(node);
        (double own, double[] weights) = graph.WeightsOf(node);
        StepId from = models.RoundOf(node);
        var request = new GossipRound(training, from.Epoch, from.Batch, [.. neighbors], own, weights);
        EncodedTensor[] theirs = mixes ? models.Encode(neighbors, encoding) : [];
        try
        {
            GossipResult result = await SendAsync(request, theirs, link, update, cancellationToken);
            RequireEdges(node, result.To);
            rounds.Complete(update, link, training, result.Result);
        }
        finally
        {
            Dispose(theirs);
        }
    }

    /// <summary>
    /// Includes the node's own model only if the node does not hold it: before its first round, or after a restart.
    /// </summary>
    private async Task<GossipResult> SendAsync(
        GossipRound request, EncodedTensor[] theirs, NodeLink link, LocalUpdate update, CancellationToken cancellationToken)
    {
        if (models.CameFrom(link.NodeId))
        {
            try
            {
                return await link.RequestAsync<GossipRound, GossipResult>(request, theirs, rounds.Expected(update), cancellationToken);
            }
            catch (TaskFailedException e) when (string.Equals(e.Code, TaskFailureCodes.NoModel, StringComparison.Ordinal))
            {
                log.Crowd.ModelRepeated(link.NodeId, request.Training.Step);
            }
        }

        EncodedTensor[] its = models.Encode(link.NodeId, encoding);
        try
        {
            return await link.RequestAsync<GossipRound, GossipResult>(
                request, (EncodedTensor[])[.. theirs, .. its], rounds.Expected(update), cancellationToken);
        }
        finally
        {
            Dispose(its);
        }
    }

    /// <summary>Checks that a node sends its model exactly to its neighbours.</summary>
    private void RequireEdges(int node, long[] to)
    {
        foreach (long other in to)
        {
            if (other > graph.Nodes || !graph.HasEdge(node, (int)other))
            {
                throw new ConnectionLostException($"protocol violation: node {node} sends its model to {other}, which is no neighbour of its");
            }
        }

        if (to.Distinct().Count() != to.Length || to.Length != graph.NeighborsOf(node).Count)
        {
            throw new ConnectionLostException($"protocol violation: node {node} does not send its model to each of its neighbours once");
        }
    }

    private static void Dispose(EncodedTensor[] tensors)
    {
        foreach (EncodedTensor tensor in tensors)
        {
            tensor.Dispose();
        }
    }
}
