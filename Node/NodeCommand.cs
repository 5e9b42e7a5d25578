using System.CommandLine;
using NLog;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.NodeDaemon;

/// <summary>The node's command line.</summary>
internal static class NodeCommand
{
    public static RootCommand Create()
    {
        Option<int> nodeId = Flag.Int("--node_id", "This node's id, from 1", 1, min: 1, max: 100_000);
        nodeId.Required = true;
        Option<string> host = Flag.Text("--host", "The orchestrator's host name or address", "127.0.0.1");
        Option<int> port = Flag.Int("--port", "The orchestrator's port", 12345, min: 1, max: 65535);
        Option<int> numNodes = Flag.Int("--num_nodes", "Number of nodes among which --dataset is dealt out", 3, min: 1, max: 100_000);
        Option<string?> data = Flag.OptionalText("--data", "Directory with this node's own samples (train-images-idx3-ubyte and train-labels-idx1-ubyte, gzip'd or not)");
        Option<string> dataset = Flag.Text("--dataset", "Without --data: the common data set of which this node takes its part (fashion-mnist, mnist, or a directory)", "fashion-mnist");
        Option<PartitionKind> partition = Flag.Choice(
            "--partition", "How the common data set is dealt out", ("round_robin", PartitionKind.RoundRobin), ("iid", PartitionKind.Iid));
        Option<ulong> partitionSeed = Flag.Seed("--partition_seed", "Seed of the iid partition; the same for all nodes", 1);
        Option<string> device = Flag.Text("--device", "auto, cpu, cuda or cuda:n", "auto");
        Option<bool> noAccel = Flag.Switch("--no-accel", "Stay on the CPU");
        Option<int> threads = Flag.Int("--threads", "Threads for computation; 0 for all cores", 0, min: 0, max: 1024);
        Option<CompressionMode> compression = Flag.Choice(
            "--compression", "LZ4 for tensors: where measured to pay, never, or always", ("auto", CompressionMode.Auto), ("none", CompressionMode.None), ("lz4", CompressionMode.Lz4));
        Option<bool> checksums = Flag.Choice("--checksums", "CRC-32C over every tensor that is sent", ("on", true), ("off", false));
        Option<double> connectTimeout = Flag.Number("--connect_timeout", "Give up after so many seconds without the orchestrator; 0: try for ever", 0, min: 0);
        Option<string?> logFile = Flag.OptionalText("--log_file", "Log file");
        Option<bool> verbose = Flag.Switch("--verbose", "Debug events in the log");

        var root = new RootCommand("A node of traversal learning: computes on its own data for an orchestrator, and keeps the data.");
        foreach (Option option in new Option[]
        {
            nodeId, host, port, numNodes, data, dataset, partition, partitionSeed, device, noAccel, threads, compression, checksums,
            connectTimeout, logFile, verbose,
        })
        {
            root.Options.Add(option);
        }

        root.SetAction(async (arguments, cancellationToken) =>
        {
            Logging.Configure(arguments.GetValue(logFile), arguments.GetValue(verbose), Console.WriteLine, LogLevel.Info);
            Logger logger = LogManager.GetLogger($"node{arguments.GetValue(nodeId)}");
            double timeout = arguments.GetValue(connectTimeout);
            var options = new NodeOptions(
                arguments.GetValue(nodeId),
                arguments.GetValue(host)!,
                arguments.GetValue(port),
                ComputeDevice.Select(arguments.GetValue(device)!, arguments.GetValue(noAccel), arguments.GetValue(threads)),
                new TensorEncodingOptions(new CompressionPolicy(arguments.GetValue(compression)), arguments.GetValue(checksums)),
                timeout > 0 ? TimeSpan.FromSeconds(timeout) : null);
            ImageSet images = await LoadAsync(
                arguments.GetValue(data),
                arguments.GetValue(dataset)!,
                new Share(options.NodeId, arguments.GetValue(numNodes), arguments.GetValue(partition), arguments.GetValue(partitionSeed)),
                logger,
                cancellationToken);
            return await RunAsync(options, images, logger, cancellationToken);
        });
        return root;
    }

    private static async Task<int> RunAsync(NodeOptions options, ImageSet images, Logger logger, CancellationToken cancellationToken)
    {
        using var agent = new NodeAgent(options, images, Math.Max(images.ClassesSeen(), 1), logger);
        try
        {
            await agent.RunAsync(cancellationToken);
            return (int)ExitCode.Success;
        }
        catch (NodeRejectedException e)
        {
            throw new UserErrorException(ExitCode.Rejected, e.Message, e);
        }
        catch (ConnectionLostException e)
        {
            throw new UserErrorException(ExitCode.Network, $"{e.Message}; check --host and --port, or give it more time with --connect_timeout", e);
        }
    }

    private static async Task<ImageSet> LoadAsync(string? directory, string dataset, Share share, Logger logger, CancellationToken cancellationToken)
    {
        if (share.NodeId > share.NodeCount && directory is null)
        {
            throw new UserErrorException(ExitCode.Usage, $"--node_id {share.NodeId} is not from 1 to --num_nodes {share.NodeCount}");
        }

        try
        {
            if (directory is not null)
            {
                return Report(DatasetLocator.InDirectory(directory).ReadTrain(), directory, logger);
            }

            var notes = new Progress<string>(note => logger.Info("[2010] {note}", note));
            DatasetFiles files = await DatasetLocator.LocateAsync(dataset, log: notes, cancellationToken: cancellationToken);
            ImageSet all = files.ReadTrain();
            int[] own = Partitioner.Partition(share.Kind, all.Count, share.NodeCount, share.NodeId - 1, share.Seed);
            return Report(all.Select(own), $"its part of {dataset}", logger);
        }
        catch (Exception e) when (e is DataException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, e.Message, e);
        }
    }

    private static ImageSet Report(ImageSet images, string source, Logger logger)
    {
        logger.Info("[2011] {count} samples of {rows}×{columns} from {source}", images.Count, images.Rows, images.Columns, source);
        return images;
    }

    private sealed record Share(int NodeId, int NodeCount, PartitionKind Kind, ulong Seed);
}
