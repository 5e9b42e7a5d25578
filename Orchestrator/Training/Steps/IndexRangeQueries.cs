using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Asks nodes for their index ranges (design section 2, step 1), and what else they say of themselves.</summary>
internal static class IndexRangeQueries
{
    /// <summary>Asks every node.</summary>
    /// <param name="tasks">Asks again where a connection is lost.</param>
    /// <param name="nodeCount">How many there are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What node 1, 2, … said.</returns>
    /// <exception cref="NodeLostException">A node did not come back.</exception>
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
