using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Local;

/// <summary>
/// What passes in a round of gossip: every node gets what its neighbours sent in the round before, and sends what it has made of that. Where there is no
/// edge, nothing is passed on.
/// </summary>
/// <param name="graph">Who is whose neighbour.</param>
/// <param name="models">What nodes have sent.</param>
/// <param name="rounds">Receives replies.</param>
/// <param name="encoding">How what is sent is encoded.</param>
/// <param name="log">Told of nodes that have lost their model.</param>
internal sealed class GossipExchange(NodeGraph graph, NodeModels models, LocalRounds rounds, TensorEncodingOptions encoding, OrchestratorLog log)
{
    /// <summary>Has all nodes mix their models and train them. What they send is for the caller to keep.</summary>
    /// <param name="training">How they train; the attempt is filled in.</param>
    /// <param name="mixes">Whether there is anything to mix: not before nodes have trained.</param>
    /// <param name="clock">Told where the time goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>In the order of the ids; without those that were lost, where such are skipped. The caller disposes them.</returns>
    /// <exception cref="NodeLostException">A node was lost, where it is not skipped, or all were.</exception>
    /// <exception cref="TaskFailedException">A node could not do it.</exception>
    public Task<IReadOnlyList<LocalUpdate>> RunAsync(LocalTraining training, bool mixes, StepClock clock, CancellationToken cancellationToken) => rounds.RunAsync(
        training.Step,
        [.. Enumerable.Range(1, graph.Nodes)],
        (link, attempt, update, deadline) => AskAsync(training with { Step = training.Step with { Attempt = attempt } }, mixes, link, update, deadline),
        clock,
        cancellationToken);

    /// <summary>One try, over one connection.</summary>
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

    /// <summary>A node's own model goes along only where the node does not hold it: it has not been sent one yet, or was restarted since.</summary>
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

    /// <summary>A node sends its model to each of its neighbours and to nobody else.</summary>
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
