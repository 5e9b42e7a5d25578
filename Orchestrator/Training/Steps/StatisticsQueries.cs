using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Asks nodes what their tables are like, in a session that prepares a run.</summary>
internal static class StatisticsQueries
{
    /// <summary>Asks every node.</summary>
    /// <param name="tasks">Asks again where a connection is lost.</param>
    /// <param name="nodeCount">How many there are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What node 1, 2, … said, as it came: JSON that is yet to be looked at.</returns>
    /// <exception cref="NodeLostException">A node did not come back.</exception>
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
