using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Requests table statistics from nodes, in the session that prepares a run.</summary>
internal static class StatisticsQueries
{
    /// <summary>Queries every node.</summary>
    /// <param name="tasks">Runs the queries, retrying across reconnects.</param>
    /// <param name="nodeCount">Number of nodes.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The replies of nodes 1, 2, …: unvalidated JSON.</returns>
    /// <exception cref="NodeLostException">A node did not reconnect in time.</exception>
    public static async Task<string[]> AskAsync(NodeTaskRunner tasks, int nodeCount, CancellationToken cancellationToken)
    {
        string[] tables = new string[nodeCount];
        try
        {
            await Task.WhenAll(Enumerable.Range(1, nodeCount).Select(node => tasks.RunAsync(
                node,
                OnNodeLoss.Wait, // What is not asked of all is not what the pooled data are like.
                round: null,
                async (link, _, token) =>
                    tables[node - 1] = (await link.RequestAsync<StatisticsQuery, Statistics>(new StatisticsQuery(), default, [], token)).Table,
                cancellationToken)));
            return tables;
        }
        finally
        {
            await NodeTaskRunner.LeaveReceivingLoopAsync();
        }
    }
}
