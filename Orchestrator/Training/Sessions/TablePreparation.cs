using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>
/// Prepares a run with tables from the statistics of all nodes. This takes a session of its own, after which the nodes
/// reconnect for the run, because the preparation determines the shape of a sample. The arithmetic and its order are
/// those of the pooled table, so <c>centralized</c> and <c>verify</c> train on the same bytes.
/// </summary>
internal static class TablePreparation
{
    /// <summary>Collects the nodes' statistics and merges them.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">The run's log.</param>
    /// <param name="listening">Receives the listening address once nodes can connect.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The prepared run, on the port that the nodes know, bound to the data that they have now.</returns>
    /// <exception cref="UserErrorException">A node was lost, the tables differ in structure, or the model does not
    /// fit.</exception>
    public static async Task<RunContext> OfNodesAsync(
        RunContext context, OrchestratorLog log, CancellationToken cancellationToken, Action<System.Net.IPEndPoint>? listening = null)
    {
        RunOptions options = context.Options;
        TableParty? test = TestOf(context);
        await using var connections = ConnectionManager.Start(ConnectionManagerOptions.Of(options, setup: null, options.NewEncoding(), context.KnownData, context.Events), log);
        listening?.Invoke(connections.Endpoint);
        try
        {
            await connections.WaitForAllAsync(options.ConnectTimeout, cancellationToken);
            var tasks = new NodeTaskRunner(connections, new SchedulerOptions(options.Traversal, options.ReconnectTimeout, options.TaskTimeout), log);
            string[] tables = await AskAsync(tasks, options.NumNodes, cancellationToken);
            return Merge(context, () => [.. tables.Select(Parse)], nodes => TableParty.OfNodes(nodes), test, log).OnPort(connections.Endpoint.Port) with { KnownData = connections.Data };
        }
        catch (NodeLostException e)
        {
            await connections.ShutdownAsync("the run ended before it began");
            throw new UserErrorException(ExitCode.NodeLost, $"{e.Message}; {e.Advice}", e);
        }
        catch (Exception e)
        {
            await connections.ShutdownAsync(e is UserErrorException ? $"the run ended before it began: {e.Message}" : "the run ended before it began");
            throw;
        }
    }

    /// <summary>Prepares the pooled table, part by part like its nodes.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Receives warnings of likely mistakes.</param>
    /// <exception cref="UserErrorException">The table cannot be read, or the model does not fit.</exception>
    public static RunContext OfPooled(RunContext context, OrchestratorLog log)
    {
        (SampleSet samples, int[][] partition) = context.ReadPooledTrain();
        return Merge(
            context,
            () => [.. partition.Select(part => TableStatistics.Of(samples.Select(part)))],
            parts => [new TableParty("the training set", TableStatistics.Merge(parts))],
            TestOf(context),
            log);
    }

    /// <summary>Asks every node what its table is like.</summary>
    /// <returns>What node 1, 2, … said, as it came: JSON that is yet to be looked at.</returns>
    /// <exception cref="NodeLostException">A node did not come back.</exception>
    private static async Task<string[]> AskAsync(NodeTaskRunner tasks, int nodeCount, CancellationToken cancellationToken)
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

    /// <summary>The test set's table; <see langword="null"/> if there is none.</summary>
    private static TableParty? TestOf(RunContext context)
    {
        if (context.Files is not { } files)
        {
            return null;
        }

        try
        {
            return new TableParty("the test set", TableStatistics.Of(ErrorTable.ReadingData.Guard(files.ReadTest)));
        }
        catch (TableException e)
        {
            throw new UserErrorException(ExitCode.Data, $"'{context.Options.Dataset}': {e.Message}", e);
        }
    }

    private static TableStatistics Parse(string json, int index)
    {
        try
        {
            return TableStatistics.Parse(json);
        }
        catch (TableException e)
        {
            throw new TableException($"node {index + 1}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Merges the statistics of tables with the same meaning into one preparation; reports likely mistakes to the log
    /// and to observers.
    /// </summary>
    private static RunContext Merge(
        RunContext context, Func<TableStatistics[]> tables, Func<TableStatistics[], TableParty[]> trainedOf, TableParty? test, OrchestratorLog log)
    {
        try
        {
            TableStatistics[] parts = tables();
            TableParty[] trained = trainedOf(parts);
            TableComparison.Require(trained, test);
            TableStatistics merged = TableStatistics.Merge(parts);
            if (merged is { Target: null, UncountedClasses: false } && merged.Classes.Count(c => c.Count > 0) < 2)
            {
                throw new TableException($"all rows are of the class '{merged.Classes.First(c => c.Count > 0).Name}', so that there is nothing to learn; is '{merged.Label}' the right column?");
            }

            context.PointOut(log, TableComparison.Warnings(trained, test));
            return context.With(Preparation.Of(merged));
        }
        catch (TableException e)
        {
            throw new UserErrorException(ExitCode.Data, $"the tables cannot be trained on together: {e.Message}", e);
        }
    }
}
