using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Scheduling;

namespace TraversalLearning.Orchestration.Training;

/// <summary>
/// The preparation of a run with tables, from what all nodes say of theirs. That takes a session of its own, whose nodes come back for the run: only with
/// the preparation is it known what a sample is like. The same arithmetic in the same order gives that of the pooled table, so that
/// <c>centralized</c> and <c>verify</c> train on the same bytes.
/// </summary>
internal static class TablePreparation
{
    /// <summary>Asks the nodes.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Told of nodes.</param>
    /// <param name="listening">Told where they are waited for, once they are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The run with its preparation, on the port that the nodes know, for the nodes with the data that they have now.</returns>
    /// <exception cref="UserErrorException">A node is lost, their tables are not alike, or the model does not fit.</exception>
    public static async Task<RunContext> OfNodesAsync(
        RunContext context, OrchestratorLog log, CancellationToken cancellationToken, Action<System.Net.IPEndPoint>? listening = null)
    {
        RunOptions options = context.Options;
        await using var connections = ConnectionManager.Start(ConnectionManagerOptions.Of(options, setup: null, options.NewEncoding(), context.KnownData, context.Events), log);
        listening?.Invoke(connections.Endpoint);
        try
        {
            await connections.WaitForAllAsync(options.ConnectTimeout, cancellationToken);
            var tasks = new ReliableTasks(connections, new SchedulerOptions(options.Traversal, options.ReconnectTimeout, options.TaskTimeout), log);
            string[] tables = await StatisticsQueries.AskAsync(tasks, options.NumNodes, cancellationToken);
            return context.With(Merge(options, tables.Select(Parse))).OnPort(connections.Endpoint.Port) with { KnownData = connections.Data };
        }
        catch (NodeLostException e)
        {
            await connections.ShutdownAsync("the run ended before it began");
            throw new UserErrorException(ExitCode.NodeLost, $"{e.Message}; start it again and give it more time with --connect_timeout or --reconnect_timeout", e);
        }
        catch
        {
            await connections.ShutdownAsync("the run ended before it began");
            throw;
        }
    }

    /// <summary>Takes the preparation of the pooled table, part by part as its nodes would.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or the model does not fit.</exception>
    public static RunContext OfPooled(RunContext context)
    {
        (SampleSet samples, int[][] partition) = context.ReadPooledTrain();
        return context.With(Merge(context.Options, partition.Select(part => TableStatistics.Of(samples.Select(part)))));
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

    private static Preparation Merge(RunOptions options, IEnumerable<TableStatistics> ofNodes)
    {
        try
        {
            return Preparation.Of(TableStatistics.Merge([.. ofNodes]));
        }
        catch (TableException e)
        {
            throw new UserErrorException(ExitCode.Data, $"the tables of the {options.NumNodes} nodes cannot be prepared: {e.Message}", e);
        }
    }
}
