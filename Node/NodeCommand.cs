using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Records;
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
            "folder of this process alone: `keys`, its status, the [record](record.md) of what leaves, key and model of runs with `--exchange blind` ([blind](../explanation/blind.md))",
            "DIR");
        Flag<string?> policy = Flag.OptionalText("--policy", "file that says what this node agrees to take part in ([policy](policy.md))", "FILE");
        Flag<string?> explain = Flag.OptionalText(
            "--explain",
            $"print what one step of the run of this `{RunOffer.FileName}` would send, computed on this node's samples, and what the policy makes of it; nothing is sent",
            "FILE");
        Flag<string?> logFile = Flag.OptionalText("--log_file", "log file");
        Flag<bool> verbose = Flag.Switch("--verbose", "debug events in the log");

        var root = new RootCommand("A node of traversal learning: computes on its own data for an orchestrator, and keeps the data.");
        VersionAction.AddTo(root, "Node");
        foreach (Option option in (Option[])
        [
            .. hubFlags.Options, stay.Option, virtualNodes.Option, numNodes.Option, data.Option, dataset.Option, dealing.Partition.Option,
            dealing.Seed.Option, .. compute.Options, .. encoding.Options, connectTimeout.Option, maxModel.Option, metadata.Option,
            stateDir.Option, policy.Option, explain.Option, logFile.Option,
            verbose.Option,
        ])
        {
            root.Options.Add(option);
        }

        Action<string> print = write ?? Console.WriteLine;
        root.SetAction(async (arguments, cancellationToken) =>
        {
            if (write is null)
            {
                ConsoleLines.DropWhatCannotBeWritten();
            }

            NLog.LogFactory target = log ?? NLog.LogManager.LogFactory;
            Logging.Configure(logFile.Get(arguments), verbose.Get(arguments), print, LogLevel.Information, target);
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
                Policy = policy.Get(arguments) is { } file ? new PolicySource(file) : PolicySource.Default,
                Test = source.ReadTest,
            };
            logger.Loaded(LibTorch.Loaded!.ToString());
            ids.RequireDescriptors();
            if (explain.Get(arguments) is { } offer)
            {
                (SampleSet samples, _) = await source.ReadAsync(ids.First, logger, cancellationToken);
                var hosted = new HostedSamples(samples, [NodeShard.Whole(first, samples, Math.Max(samples.ClassesSeen(), 1))]);
                return await ExplainRun.PrintAsync(offer, common, hosted, print, cancellationToken);
            }

            using OutgoingRecord? record = common.StateFolder is { } folder ? OutgoingRecord.Open(folder) : null;
            logger.RecordGoesOn(record?.Head);
            common = common with { Record = record };
            await using var keepers = new HubKeepers(common, ca => hubFlags.ProxyTo(arguments, ca), logger);
            keepers.Add(hubs);
            if (stay.Get(arguments))
            {
                using StatusSocket? socket = common.StateFolder is { } state ? StatusSocket.Open(state) : null;
                (SampleSet kept, int? together) = await source.ReadAsync(ids.First, logger, cancellationToken);
                var node = new StayingNode(common with { Dealt = together is { } count ? (source.Dealing, count) : null }, hubs, kept, logger);
                var daemon = new Daemon(node, () => ReadAnew(common.Policy, node, hubFlags.Read(arguments, common.StateFolder), keepers, logger), ServiceManager.OfEnvironment(Environment.GetEnvironmentVariable), logger);
                return await NodeEnd.GuardAsync(() => daemon.RunAsync(socket, cancellationToken));
            }

            using PosixSignalRegistration? hangUp = write is null ? PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Reload(signal, common.Policy, logger)) : null;
            NodeOptions options = hubs[0].Configure(common);
            if (ids.Count > 1)
            {
                ids.RequireCertificate(options.Security);
                return await RunAsync(options, await source.ReadAsync(ids, metadata.Get(arguments), logger, cancellationToken), logger, cancellationToken);
            }

            (SampleSet own, int? pooled) = await source.ReadAsync(ids.First, logger, cancellationToken);
            return await RunAsync(options with { Dealt = pooled is { } all ? (source.Dealing, all) : null }, own, logger, cancellationToken);
        });
        root.Subcommands.Add(StatusCommand.Create(print));
        root.Subcommands.Add(PolicyCommand.Create(print));
        root.Subcommands.Add(RecordCommand.Create(print));
        root.Subcommands.Add(EnrollCommand.Create(print));
        return root;
    }

    private static void ReadAnew(PolicySource policy, StayingNode node, IReadOnlyList<Hub> hubs, HubKeepers keepers, ILogger log)
    {
        ReadAnew(policy, log);
        keepers.Add(hubs);
        node.Reload(hubs);
    }

    private static void ReadAnew(PolicySource policy, ILogger log)
    {
        policy.Reload();
        if (policy.Path is { } path)
        {
            log.PolicyRead(path);
        }
    }

    private static void Reload(PosixSignalContext signal, PolicySource policy, ILogger log)
    {
        signal.Cancel = true;
        try
        {
            ReadAnew(policy, log);
        }
        catch (UserErrorException e)
        {
            log.ReloadFailed(e.Message);
        }
    }

    private static Task<int> RunAsync(NodeOptions options, SampleSet samples, ILogger log, CancellationToken cancellationToken) => NodeEnd.GuardAsync(async () =>
    {
        using NodeAgent agent = ErrorTable.ReadingData.Guard(() => new NodeAgent(options, samples, Math.Max(samples.ClassesSeen(), 1), log));
        await agent.RunAsync(cancellationToken);
    });

    private static async Task<int> RunAsync(NodeOptions options, HostedSamples samples, ILogger log, CancellationToken cancellationToken)
    {
        using NodeHost host = ErrorTable.ReadingData.Guard(() => new NodeHost(options, samples, log));
        IReadOnlyList<NodeFailure> failures = await host.RunAsync(cancellationToken);
        NodeEnd.ThrowWorst(failures);
        return (int)ExitCode.Success;
    }
}
