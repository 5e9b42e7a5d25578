using System.CommandLine;
using NLog;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Security;
using TraversalLearning.Tensors;

namespace TraversalLearning.NodeDaemon;

/// <summary>The node's command line.</summary>
internal static class NodeCommand
{
    /// <summary>The command line.</summary>
    /// <param name="log">Where the node logs, and <paramref name="write"/> where its lines go, if it is one of several in this process.</param>
    /// <param name="write">The console's, if it is the process.</param>
    public static RootCommand Create(LogFactory? log = null, Action<string>? write = null)
    {
        Flag<int> nodeId = Flag.RequiredInt("--node_id", "This node's id, from 1", min: 1, max: 100_000);
        Flag<int> virtualNodes = Flag.Int(
            "--virtual_nodes", "Host so many nodes in this process, of the ids from --node_id on, each with its own part of --dataset", 1, min: 1, max: 100_000);
        Flag<string> host = Flag.Text("--host", "The orchestrator's host name or address", "127.0.0.1");
        Flag<int> port = Flag.Int("--port", "The orchestrator's port", 12345, min: 1, max: 65535);
        Flag<int> numNodes = Flag.Int("--num_nodes", "Number of nodes among which --dataset is dealt out", 3, min: 1, max: 100_000);
        Flag<string?> data = Flag.OptionalText("--data", "Directory with this node's own samples, as numpy, IDX, CIFAR-10 or CSV files (docs/reference/data.md)");
        Flag<string> dataset = Flag.Text("--dataset", "Without --data: the common data set of which this node takes its part (fashion-mnist, mnist, cifar-10, or a directory)", "fashion-mnist");
        Flag<Partition> partition = Flag.Parsed(
            "--partition", $"How the common data set is dealt out: {Partition.Usage}", Partition.RoundRobin, "name[:number]", Partition.Parse);
        Flag<ulong> partitionSeed = Flag.Seed("--partition_seed", "Seed of the partition; the same for all nodes", 1);
        Flag<string> device = Flag.Text("--device", "auto, cpu, cuda or cuda:n", "auto");
        Flag<bool> noAccel = Flag.Switch("--no-accel", "Stay on the CPU");
        Flag<int> threads = Flag.Int(
            "--threads", "Threads for computation; 0 for all cores; results may differ in the last bits with the number", 0, min: 0, max: LibTorch.MaxThreads);
        Flag<CompressionMode> compression = Flag.Choice(
            "--compression", "LZ4 for tensors: where measured to pay, never, or always", ("auto", CompressionMode.Auto), ("none", CompressionMode.None), ("lz4", CompressionMode.Lz4));
        Flag<bool> checksums = Flag.Choice("--checksums", "CRC-32C over every tensor that is sent", ("on", true), ("off", false));
        Flag<double> connectTimeout = Flag.Number("--connect_timeout", "Give up after so many seconds without the orchestrator; 0: try for ever", 0, min: 0);
        Flag<double> maxModel = Flag.Number(
            "--max_model_gb", "Most memory that a model may take, parameters and one visit's activations; 0: half of what there is", 0, min: 0, max: 1e6);
        Flag<NodeMetadata> metadata = Flag.Parsed(
            "--metadata", "What this node says of itself, for the orchestrator's log and reports, such as site=Bern,scanner=3T", NodeMetadata.None, "name=value,…", NodeMetadata.Parse);
        var security = SecurityFlags.ForNode();
        Flag<string?> logFile = Flag.OptionalText("--log_file", "Log file");
        Flag<bool> verbose = Flag.Switch("--verbose", "Debug events in the log");

        var root = new RootCommand("A node of traversal learning: computes on its own data for an orchestrator, and keeps the data.");
        foreach (Option option in (Option[])
        [
            nodeId.Option, virtualNodes.Option, host.Option, port.Option, numNodes.Option, data.Option, dataset.Option, partition.Option, partitionSeed.Option,
            device.Option, noAccel.Option, threads.Option, compression.Option, checksums.Option, connectTimeout.Option, maxModel.Option, metadata.Option,
            logFile.Option, verbose.Option, .. security.Options,
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

            Logging.Configure(logFile.Get(arguments), verbose.Get(arguments), write ?? Console.WriteLine, LogLevel.Info, log);
            Logger logger = (log ?? LogManager.LogFactory).GetLogger($"node{nodeId.Get(arguments)}");
            var source = new SampleSource(
                data.Get(arguments), dataset.Get(arguments), new Dealing(partition.Get(arguments), numNodes.Get(arguments), partitionSeed.Get(arguments)));
            var ids = new NodeIds(nodeId.Get(arguments), virtualNodes.Get(arguments));
            source.RequireFits(ids);
            double timeout = connectTimeout.Get(arguments);
            TorchSharp.torch.Device computeDevice = ComputeDevice.Select(device.Get(arguments), noAccel.Get(arguments), threads.Get(arguments));
            logger.Info("[2015] computes with {libtorch}", LibTorch.Loaded!.ToString());
            var options = new NodeOptions(
                nodeId.Get(arguments),
                host.Get(arguments),
                port.Get(arguments),
                computeDevice,
                new TensorEncodingOptions(new CompressionPolicy(compression.Get(arguments)), checksums.Get(arguments)),
                timeout > 0 ? TimeSpan.FromSeconds(timeout) : null)
            {
                MaxModelBytes = maxModel.Get(arguments) is > 0 and var gigabytes ? (long)(gigabytes * 1e9) : ModelMemory.DefaultLimit,
                Metadata = source.Describe(metadata.Get(arguments), nodeId.Get(arguments)),
                Security = security.ReadNode(arguments, host.Get(arguments)),
            };
            ids.RequireCertificate(options.Security);
            ids.RequireDescriptors();
            if (ids.Count == 1)
            {
                (SampleSet own, int? common) = await source.ReadAsync(ids.First, logger, cancellationToken);
                return await RunAsync(options with { Dealt = common is { } all ? (source.Dealing, all) : null }, own, logger, cancellationToken);
            }

            return await RunAsync(options, await source.ReadAsync(ids, metadata.Get(arguments), logger, cancellationToken), logger, cancellationToken);
        });
        return root;
    }

    private static async Task<int> RunAsync(NodeOptions options, SampleSet samples, Logger logger, CancellationToken cancellationToken)
    {
        using var agent = new NodeAgent(options, samples, Math.Max(samples.ClassesSeen(), 1), logger);
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

    private static async Task<int> RunAsync(NodeOptions options, HostedSamples samples, Logger logger, CancellationToken cancellationToken)
    {
        using var host = new NodeHost(options, samples, logger);
        IReadOnlyList<NodeFailure> failures = await host.RunAsync(cancellationToken);
        NodeEnd.ThrowWorst(failures);
        return (int)ExitCode.Success;
    }
}
