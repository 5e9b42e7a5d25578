using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Planning;

/// <summary>
/// Which batches a run's layers take. One that normalises over a batch of single values has nothing to go by where the batch has one row. How many rows the last batch has is known
/// before training, and said then; what shrinks to one row later, its nodes being lost, is left out.
/// </summary>
/// <param name="OfBatch">The layer that takes no batch of one row where the batch is in one place; <see langword="null"/> if there is none.</param>
/// <param name="OfNode">The layer that takes no part of one row at a node; <see langword="null"/> if there is none.</param>
internal sealed record BatchSizes(LayerDescription? OfBatch, LayerDescription? OfNode)
{
    /// <summary>Those of a run.</summary>
    public static BatchSizes Of(RunOptions options)
    {
        ModelDescription model = options.Model;
        return options.Federation is not null ? new BatchSizes(null, model.FirstNeedingTwoRows(..))
            : options.Algorithm == Algorithm.Centralized ? new BatchSizes(model.FirstNeedingTwoRows(..), null)
            : new BatchSizes(model.FirstNeedingTwoRows(options.Cut..), model.FirstNeedingTwoRows(..options.Exchange.Kind().NodeLayerCount(model, options.Cut)));
    }

    /// <summary>Refuses a run in whose epochs a batch has one row where a layer takes none of these, or in which nothing is left to train on.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="sampleCounts">How many samples node 1, 2, … trains on.</param>
    /// <exception cref="UserErrorException">It is such a run; says what to do.</exception>
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

    /// <summary>What a batch can be trained with.</summary>
    /// <param name="batch">As planned, or without nodes that are away.</param>
    /// <param name="log">Told of what is left out.</param>
    /// <returns>Without the parts that are too small; without any where it is itself.</returns>
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
