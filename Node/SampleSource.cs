using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;

namespace TraversalLearning.NodeDaemon;

/// <summary>Source of a node's samples.</summary>
/// <param name="Directory">The node's own data; <see langword="null"/> if it takes part of a common data set.</param>
/// <param name="Dataset">The common data set.</param>
/// <param name="Dealing">How the common data set is partitioned.</param>
internal sealed record SampleSource(string? Directory, string Dataset, Dealing Dealing)
{
    private TestPart? _test;

    /// <summary>Reads a node's test samples: its own, or its part of the common ones; <see langword="null"/> if there are none. The training samples have been read.</summary>
    /// <exception cref="DataException">The test samples are damaged.</exception>
    public SampleSet? ReadTest(int nodeId) => _test?.Of(Directory is null ? nodeId : 1);

    /// <summary>Checks that the source fits these nodes.</summary>
    /// <exception cref="UserErrorException">It does not.</exception>
    public void RequireFits(NodeIds ids)
    {
        if (ids.Count > 1 && Directory is not null)
        {
            throw new UserErrorException(ExitCode.Usage, "--data holds one node's samples; with --virtual_nodes give --dataset, of which each node takes its part");
        }

        if (ids.Last > Dealing.NodeCount && Directory is null)
        {
            throw new UserErrorException(
                ExitCode.Usage,
                ids.Count == 1
                    ? $"--node_id {ids.First} is not from 1 to --num_nodes {Dealing.NodeCount}"
                    : $"--node_id {ids.First} with --virtual_nodes {ids.Count} is node {ids.First} to {ids.Last}, and --num_nodes is {Dealing.NodeCount}");
        }
    }

    /// <summary>Reads the samples of one node, and the size of the common data set if it takes part of one.</summary>
    /// <exception cref="UserErrorException">Samples are missing or damaged.</exception>
    public Task<(SampleSet Own, int? Common)> ReadAsync(int nodeId, ILogger log, CancellationToken cancellationToken) => ErrorTable.ReadingData.GuardAsync(async () =>
    {
        ISamples? common = Directory is null ? await OpenCommonAsync(log, cancellationToken) : null;
        SampleSet own = common is null ? ReadOwn(Directory!) : common.Select(Dealing.Deal(common)[nodeId - 1]);
        Report(own, Directory ?? $"its part of {Dataset}", log);
        return (own, common?.Count);
    });

    /// <summary>The node's metadata: the given entries, and its part of the common data set.</summary>
    public NodeMetadata Describe(NodeMetadata given, int nodeId) => Directory is not null
        ? given
        : given.With("partition", Dealing.Partition.ToString()).With("partition_idx", (nodeId - 1).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Reads the samples of several nodes.</summary>
    /// <exception cref="UserErrorException">Samples are missing or damaged.</exception>
    public Task<HostedSamples> ReadAsync(NodeIds ids, NodeMetadata given, ILogger log, CancellationToken cancellationToken) => ErrorTable.ReadingData.GuardAsync(async () =>
    {
        ISamples all = await OpenCommonAsync(log, cancellationToken);
        var samples = HostedSamples.Deal(all, ids.First, Dealing.Deal(all)[(ids.First - 1)..ids.Last], Dealing);
        Report(samples.Set, $"the parts of {Dataset} of node {ids.First} to {ids.Last}", log);
        return samples with { Shards = [.. samples.Shards.Select(s => s with { Metadata = Describe(given, s.NodeId) })] };
    });

    private SampleSet ReadOwn(string directory)
    {
        DatasetFiles files = DatasetLocator.InDirectory(directory);
        _test = new TestPart(files, nodes: 1);
        return files.ReadTrain();
    }

    private static void Report(SampleSet samples, string source, ILogger log) =>
        log.SamplesRead(samples.Count, samples.ToString(), source);

    private async Task<ISamples> OpenCommonAsync(ILogger log, CancellationToken cancellationToken)
    {
        var notes = new Progress<string>(log.DatasetNote);
        DatasetFiles files = await DatasetLocator.LocateAsync(Dataset, log: notes, cancellationToken: cancellationToken);
        _test = new TestPart(files, Dealing.NodeCount);
        return files.OpenTrain();
    }
}
