using System.CommandLine;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tensors;

namespace TraversalLearning.NodeDaemon;

/// <summary>The node's command line.</summary>
internal static class NodeCommand
{
    /// <summary>Creates the root command.</summary>
    /// <param name="log">The node's log, if it is one of several in this process.</param>
    /// <param name="write">Where its output lines go; the console by default.</param>
    public static RootCommand Create(NLog.LogFactory? log = null, Action<string>? write = null)
    {
        var hubFlags = new HubFlags();
        Flag<bool> stay = Flag.Switch(
            "--stay", "go on between runs, and take those of several orchestrators in turn ([as a service](../guide/several-machines.md#a-node-as-a-service))");
        Flag<int> virtualNodes = Flag.Int(
            "--virtual_nodes",
            "host this many nodes in one process, with the ids from `--node_id` on ([many nodes](../guide/several-machines.md#many-nodes))",
            1,
            min: 1,
            max: 100_000);
        Flag<int> numNodes = Flag.Int("--num_nodes", "number of nodes that divide `--dataset`", 3, min: 1, max: 100_000);
        Flag<string?> data = Flag.OptionalText("--data", "directory with this node's own samples ([data](data.md))", "DIR");
        Flag<string> dataset = Flag.Text("--dataset", "without `--data`: the common data set of which this node takes its part", "fashion-mnist", "NAME|DIR");
        var dealing = new DealingFlags("how the common data set is divided ([partitions](partitions.md))");
        var compute = new ComputeFlags();
        var encoding = new EncodingFlags();
        Flag<double> connectTimeout = Flag.Number("--connect_timeout", "seconds of trying to reach the orchestrator; 0 for no limit", 0, min: 0);
        Flag<double> maxModel = Flag.Number(
            "--max_model_gb", "most memory that a model may take; 0 for half of what there is ([memory](training.md#memory))", 0, min: 0, max: 1e6);
        Flag<NodeMetadata> metadata = Flag.Parsed(
            "--metadata",
            "description of this node for the orchestrator's log and reports, such as `site=Bern,scanner=3T`",
            NodeMetadata.None,
            "NAME=VALUE,…",
            NodeMetadata.Parse);
        Flag<string?> stateDir = Flag.OptionalText(
            "--state_dir",
            "folder of the node's own, readable by its owner only: `keys`, its status, and key and model of runs with `--exchange blind` ([blind](../explanation/blind.md))",
            "DIR");
        Flag<bool> allowReveal = Flag.Choice(
            "--allow_reveal", "whether the orchestrator may get the model at the end of a run with `--exchange blind`", ("never", false), ("end", true));
        Flag<int> minNodes = Flag.Int(
            "--min_nodes_per_batch",
            "take part in `--exchange blind` only where rows of this many nodes are added; with 2, each can compute the other's gradient",
            NodeOptions.DefaultMinNodesPerBatch,
            min: 2,
            max: 100_000);
        Flag<string?> logFile = Flag.OptionalText("--log_file", "log file");
        Flag<bool> verbose = Flag.Switch("--verbose", "debug events in the log");

        var root = new RootCommand("A node of traversal learning: computes on its own data for an orchestrator, and keeps the data.");
        foreach (Option option in (Option[])
        [
            .. hubFlags.Options, stay.Option, virtualNodes.Option, numNodes.Option, data.Option, dataset.Option, dealing.Partition.Option,
            dealing.Seed.Option, .. compute.Options, .. encoding.Options, connectTimeout.Option, maxModel.Option, metadata.Option,
            stateDir.Option, allowReveal.Option, minNodes.Option, logFile.Option,
            verbose.Option,
        ])
        {
            root.Options.Add(option);
        }

        root.SetAction(async (arguments, cancellationToken) =>
        {
            if (write is null)
            {
                ConsoleLines.DropWhatCannotBeWritten();
            }

            NLog.LogFactory target = log ?? NLog.LogManager.LogFactory;
            Logging.Configure(logFile.Get(arguments), verbose.Get(arguments), write ?? Console.WriteLine, LogLevel.Information, target);
            IReadOnlyList<Hub> hubs = hubFlags.Read(arguments, stateDir.Get(arguments));
            int first = hubs[0].NodeId;
            ILogger logger = Logging.Logger($"node{first}", target);
            var source = new SampleSource(
                data.Get(arguments), dataset.Get(arguments), new Dealing(dealing.Partition.Get(arguments), numNodes.Get(arguments), dealing.Seed.Get(arguments)));
            var ids = new NodeIds(first, virtualNodes.Get(arguments));
            source.RequireFits(ids);
            ids.RequireFits(hubs, stay.Get(arguments), source);
            double timeout = connectTimeout.Get(arguments);
            var common = new NodeOptions(
                first, string.Empty, 0, ComputeDevice.Select(compute, arguments), encoding.Read(arguments), timeout > 0 ? TimeSpan.FromSeconds(timeout) : null)
            {
                MaxModelBytes = maxModel.Get(arguments) is > 0 and var gigabytes ? (long)(gigabytes * 1e9) : ModelMemory.DefaultLimit,
                Metadata = source.Describe(metadata.Get(arguments), first),
                StateFolder = stateDir.Get(arguments),
                RequiresState = true,
                AllowReveal = allowReveal.Get(arguments),
                MinNodesPerBatch = minNodes.Get(arguments),
                Test = source.ReadTest,
            };
            logger.Loaded(LibTorch.Loaded!.ToString());
            ids.RequireDescriptors();
            if (ids.Count > 1)
            {
                NodeOptions options = hubs[0].Configure(common);
                ids.RequireCertificate(options.Security);
                return await RunAsync(options, await source.ReadAsync(ids, metadata.Get(arguments), logger, cancellationToken), logger, cancellationToken);
            }

            using StatusSocket? socket = stay.Get(arguments) && common.StateFolder is { } state ? StatusSocket.Open(state) : null;
            (SampleSet own, int? pooled) = await source.ReadAsync(ids.First, logger, cancellationToken);
            common = common with { Dealt = pooled is { } all ? (source.Dealing, all) : null };
            if (!stay.Get(arguments))
            {
                return await RunAsync(hubs[0].Configure(common), own, logger, cancellationToken);
            }

            var node = new StayingNode(common, hubs, own, logger);
            var daemon = new Daemon(
                node, () => node.Reload(hubFlags.Read(arguments, common.StateFolder)), ServiceManager.OfEnvironment(Environment.GetEnvironmentVariable), logger);
            await daemon.RunAsync(socket, cancellationToken);
            return (int)ExitCode.Success;
        });
        root.Subcommands.Add(StatusCommand.Create(write ?? Console.WriteLine));
        return root;
    }

    private static async Task<int> RunAsync(NodeOptions options, SampleSet samples, ILogger log, CancellationToken cancellationToken)
    {
        using var agent = new NodeAgent(options, samples, Math.Max(samples.ClassesSeen(), 1), log);
        try
        {
            await agent.RunAsync(cancellationToken);
            return (int)ExitCode.Success;
        }
        catch (Exception e) when (NodeEnd.Of(e) is not null)
        {
            throw NodeEnd.Of(e)!;
        }
    }

    private static async Task<int> RunAsync(NodeOptions options, HostedSamples samples, ILogger log, CancellationToken cancellationToken)
    {
        using var host = new NodeHost(options, samples, log);
        IReadOnlyList<NodeFailure> failures = await host.RunAsync(cancellationToken);
        NodeEnd.ThrowWorst(failures);
        return (int)ExitCode.Success;
    }
}
