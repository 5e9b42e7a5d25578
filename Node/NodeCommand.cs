using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Records;
using TraversalLearning.Security;
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
        Flag<int> nodeId = Flag.RequiredInt("--node_id", "this node's id, from 1", min: 1, max: 100_000);
        Flag<int> virtualNodes = Flag.Int(
            "--virtual_nodes",
            "host this many nodes in one process, with the ids from `--node_id` on ([many nodes](../guide/several-machines.md#many-nodes))",
            1,
            min: 1,
            max: 100_000);
        Flag<string> host = Flag.Text("--host", "host name or address of the orchestrator", "127.0.0.1", "ADDRESS");
        Flag<int> port = Flag.Int("--port", "port of the orchestrator", 12345, min: 1, max: 65535);
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
            "folder of this process alone for the [record](record.md) of what leaves, and for the key and the model of runs with `--exchange blind` ([blind](../explanation/blind.md))",
            "DIR");
        Flag<string?> policy = Flag.OptionalText("--policy", "file that says what this node agrees to take part in ([policy](policy.md))", "FILE");
        Flag<string?> explain = Flag.OptionalText(
            "--explain",
            $"print what one step of the run of this `{RunOffer.FileName}` would send, computed on this node's samples, and what the policy makes of it; nothing is sent",
            "FILE");
        var security = SecurityFlags.ForNode();
        Flag<string?> logFile = Flag.OptionalText("--log_file", "log file");
        Flag<bool> verbose = Flag.Switch("--verbose", "debug events in the log");

        var root = new RootCommand("A node of traversal learning: computes on its own data for an orchestrator, and keeps the data.");
        foreach (Option option in (Option[])
        [
            nodeId.Option, virtualNodes.Option, host.Option, port.Option, numNodes.Option, data.Option, dataset.Option, dealing.Partition.Option,
            dealing.Seed.Option, .. compute.Options, .. encoding.Options, connectTimeout.Option, maxModel.Option, metadata.Option,
            stateDir.Option, policy.Option, explain.Option, logFile.Option,
            verbose.Option, .. security.Options,
        ])
        {
            root.Options.Add(option);
        }

        Action<string> print = write ?? Console.WriteLine;
        root.Subcommands.Add(PolicyCommand.Create(print));
        root.Subcommands.Add(RecordCommand.Create(print));
        root.SetAction(async (arguments, cancellationToken) =>
        {
            if (write is null)
            {
                ConsoleLines.DropWhatCannotBeWritten();
            }

            NLog.LogFactory target = log ?? NLog.LogManager.LogFactory;
            Logging.Configure(logFile.Get(arguments), verbose.Get(arguments), print, LogLevel.Information, target);
            ILogger logger = Logging.Logger($"node{nodeId.Get(arguments)}", target);
            var source = new SampleSource(
                data.Get(arguments), dataset.Get(arguments), new Dealing(dealing.Partition.Get(arguments), numNodes.Get(arguments), dealing.Seed.Get(arguments)));
            var ids = new NodeIds(nodeId.Get(arguments), virtualNodes.Get(arguments));
            source.RequireFits(ids);
            double timeout = connectTimeout.Get(arguments);
            TorchSharp.torch.Device computeDevice = ComputeDevice.Select(compute, arguments);
            logger.Loaded(LibTorch.Loaded!.ToString());
            using OutgoingRecord? record = stateDir.Get(arguments) is { } folder ? OutgoingRecord.Open(folder) : null;
            logger.RecordGoesOn(record?.Head);
            var options = new NodeOptions(
                nodeId.Get(arguments),
                host.Get(arguments),
                port.Get(arguments),
                computeDevice,
                encoding.Read(arguments),
                timeout > 0 ? TimeSpan.FromSeconds(timeout) : null)
            {
                MaxModelBytes = maxModel.Get(arguments) is > 0 and var gigabytes ? (long)(gigabytes * 1e9) : ModelMemory.DefaultLimit,
                Metadata = source.Describe(metadata.Get(arguments), nodeId.Get(arguments)),
                Security = security.ReadNode(arguments, host.Get(arguments)),
                StateFolder = stateDir.Get(arguments),
                Record = record,
                RequiresState = true,
                Policy = policy.Get(arguments) is { } file ? new PolicySource(file) : PolicySource.Default,
                Test = source.ReadTest,
            };
            using PosixSignalRegistration? hangUp = write is null ? PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Reload(signal, options.Policy, logger)) : null;
            ids.RequireCertificate(options.Security);
            ids.RequireDescriptors();
            await using var keeper = CertificateKeeper.Start(options.Security.Tls?.Source, options.Security.Authority, CertificateKeeper.NodeInterval, logger);
            if (ids.Count == 1)
            {
                (SampleSet own, int? common) = await source.ReadAsync(ids.First, logger, cancellationToken);
                if (explain.Get(arguments) is { } offer)
                {
                    return await ExplainRun.PrintAsync(offer, options, new HostedSamples(own, [NodeShard.Whole(ids.First, own, Math.Max(own.ClassesSeen(), 1))]), print, cancellationToken);
                }

                return await RunAsync(options with { Dealt = common is { } all ? (source.Dealing, all) : null }, own, logger, cancellationToken);
            }

            return await RunAsync(options, await source.ReadAsync(ids, metadata.Get(arguments), logger, cancellationToken), logger, cancellationToken);
        });
        root.Subcommands.Add(EnrollCommand.Create(write ?? Console.WriteLine));
        return root;
    }

    private static void Reload(PosixSignalContext signal, PolicySource policy, ILogger log)
    {
        signal.Cancel = true;
        try
        {
            policy.Reload();
            log.PolicyRead(policy.Path ?? "(none)");
        }
        catch (UserErrorException e)
        {
            log.PolicyKept(e.Message);
        }
    }

    private static async Task<int> RunAsync(NodeOptions options, SampleSet samples, ILogger log, CancellationToken cancellationToken)
    {
        using NodeAgent agent = ErrorTable.ReadingData.Guard(() => new NodeAgent(options, samples, Math.Max(samples.ClassesSeen(), 1), log));
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
        using NodeHost host = ErrorTable.ReadingData.Guard(() => new NodeHost(options, samples, log));
        IReadOnlyList<NodeFailure> failures = await host.RunAsync(cancellationToken);
        NodeEnd.ThrowWorst(failures);
        return (int)ExitCode.Success;
    }
}
