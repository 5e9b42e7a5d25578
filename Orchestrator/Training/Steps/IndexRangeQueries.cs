using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Requests index ranges (design section 2, step 1) and metadata from nodes.</summary>
internal static class IndexRangeQueries
{
    /// <summary>Queries every node.</summary>
    /// <param name="tasks">Runs the queries, retrying across reconnects.</param>
    /// <param name="nodeCount">Number of nodes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The reports of nodes 1, 2, ….</returns>
    /// <exception cref="NodeLostException">A node did not reconnect in time.</exception>
    public static async Task<NodeReport[]> AskAsync(NodeTaskRunner tasks, int nodeCount, CancellationToken cancellationToken)
    {
        try
        {
            var reports = new NodeReport[nodeCount];
            await Task.WhenAll(Enumerable.Range(1, nodeCount).Select(node => tasks.RunAsync(
                node,
                OnNodeLoss.Wait, // Without the counts there is no run that could go on.
                round: null,
                async (link, _, token) => reports[node - 1] = await AskAsync(link, token),
                cancellationToken)));
            return reports;
        }
        finally
        {
            await NodeTaskRunner.LeaveReceivingLoopAsync();
        }
    }

    private static async Task<NodeReport> AskAsync(NodeLink link, CancellationToken cancellationToken)
    {
        IndexRange range = await link.RequestAsync<IndexRangeQuery, IndexRange>(new IndexRangeQuery(), default, [], cancellationToken);
        if (range.Count != link.Hello.SampleCount)
        {
            throw new ConnectionLostException($"node {link.NodeId} was admitted with {link.Hello.SampleCount} samples and now says {range.Count}");
        }

        try
        {
            return new NodeReport(link.NodeId, checked((int)range.Count), range.Metadata is { } json ? NodeMetadata.FromJson(json) : NodeMetadata.None)
            {
                IsDealt = link.Hello.Dealt is not null,
            };
        }
        catch (FormatException e)
        {
            throw new ConnectionLostException($"node {link.NodeId} says of itself what cannot be read: {e.Message}", e);
        }
    }
}
