using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>
/// The batch sizes that a run's layers accept. A layer that normalises over a batch of single values cannot take a
/// batch of one row. The size of the last batch is known and checked before training; a batch that shrinks to one row
/// later because nodes are lost is left out.
/// </summary>
/// <param name="OfBatch">The layer that rejects one-row batches where the batch is in one place; <see langword="null"/>
/// if there is none.</param>
/// <param name="OfNode">The layer that rejects one-row parts on a node; <see langword="null"/> if there is
/// none.</param>
internal sealed record BatchSizes(LayerDescription? OfBatch, LayerDescription? OfNode)
{
    /// <summary>The constraints of a run.</summary>
    public static BatchSizes Of(RunOptions options)
    {
        ModelDescription model = options.Model;
        return options.Federation is not null ? new BatchSizes(null, model.FirstNeedingTwoRows(..))
            : options.Algorithm == Algorithm.Centralized ? new BatchSizes(model.FirstNeedingTwoRows(..), null)
            : new BatchSizes(model.FirstNeedingTwoRows(options.Cut..), model.FirstNeedingTwoRows(..options.Exchange.Kind().NodeLayerCount(model, options.Cut)));
    }

    /// <summary>
    /// Refuses a run whose epochs contain a one-row batch that a layer rejects, or that leaves nothing to train on.
    /// </summary>
    /// <param name="options">The run's options.</param>
    /// <param name="sampleCounts">Numbers of training samples on nodes 1, 2, ….</param>
    /// <exception cref="UserErrorException">The run is refused; the message gives a remedy.</exception>
    public static void Require(RunOptions options, IReadOnlyList<int> sampleCounts)
    {
        bool isFederated = options.Federation is not null;
        (string Holder, int Samples)[] dealt = isFederated
            ? [.. sampleCounts.Select((count, node) => ($"node {node + 1}", count)).Where(n => n.count > 0)]
            : [("the run", sampleCounts.Sum())];
        BatchSizes sizes = Of(options);
        foreach ((string holder, int samples) in dealt)
        {
            if (options.LastBatch == LastBatch.Drop && samples < options.BatchSize)
            {
                throw new UserErrorException(
                    ExitCode.Usage,
                    $"--last_batch drop leaves {holder} no batch: it has {samples} samples, and a batch {options.BatchSize} rows; give --batch_size {samples} or less, or --last_batch keep");
            }

            if ((isFederated ? sizes.OfNode : sizes.OfBatch) is { } layer && LastRows(options, samples) == 1)
            {
                throw new UserErrorException(
                    ExitCode.Usage,
                    $"layer '{layer.Name}' normalises over the rows of a batch, and of {holder}'s {samples} samples {(options.BatchSize == 1 ? "every batch has one row" : "one row is left for the last batch")}; {Advice(options, dealt)}");
            }
        }
    }

    /// <summary>The usable part of a batch.</summary>
    /// <param name="batch">As planned, or without absent nodes.</param>
    /// <param name="log">The run's log.</param>
    /// <returns>The batch without parts that are too small; empty if the batch itself is.</returns>
    public VirtualBatch Usable(VirtualBatch batch, OrchestratorLog log)
    {
        if (OfNode is not null && batch.Plan.Visits.Where(v => v.Rows == 1).Select(v => v.NodeId).ToHashSet() is { Count: > 0 } single)
        {
            log.PartsTooSmall(batch, single, OfNode.Name);
            batch = batch.Without(single);
        }

        if (OfBatch is null || batch.Rows != 1)
        {
            return batch;
        }

        log.BatchTooSmall(batch, OfBatch.Name);
        return batch.Without(batch.Plan.Visits.Select(v => v.NodeId).ToHashSet());
    }

    private static int LastRows(RunOptions options, int samples) =>
        samples % options.BatchSize is > 0 and var rest && options.LastBatch == LastBatch.Keep ? rest : options.BatchSize;

    private static string Advice(RunOptions options, (string Holder, int Samples)[] dealt)
    {
        if (dealt.FirstOrDefault(d => d.Samples == 1).Holder is { } alone)
        {
            return $"{alone} has no more: give it more samples, or take another model";
        }

        int fitting = Enumerable.Range(options.BatchSize + 1, int.MaxValue - options.BatchSize).First(size => dealt.All(d => d.Samples % size != 1));
        return options.BatchSize > 1 && dealt.All(d => d.Samples >= options.BatchSize) ? $"give --last_batch drop, or another --batch_size such as {fitting}" : $"give another --batch_size such as {fitting}";
    }
}
