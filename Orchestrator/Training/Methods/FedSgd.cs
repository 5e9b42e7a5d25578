using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// Federated SGD (McMahan et al. 2017): one step on the mean gradient of the selected nodes' next batches, weighted by
/// rows. Implemented as a virtual batch that takes one batch from each node, with the cut behind the last layer, so
/// that nodes return the gradient of all of θ.
/// </summary>
internal static class FedSgd
{
    /// <summary><c>fedsgd</c>.</summary>
    public static MethodKind Kind { get; } = new("fedsgd", "a step on the mean gradient of every node's own next batch", Create)
    {
        Adapt = WholeModel.BehindCut,
        IsFederated = true,
    };

    private static GradientMethod Create(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        RunOptions options = parts.Options;
        BatchSizes.Require(options, sampleCounts);
        return new GradientMethod(
            parts.Model,
            new OwnBatches(sampleCounts, NodeSelector.Create(options, sampleCounts), options),
            parts.GradientsOf(sampleCounts.Count * options.BatchSize),
            options.AllowNonFinite);
    }

    /// <summary>
    /// Shuffles each node's samples separately and cuts them into batches; the k-th batches of all nodes form one batch
    /// of the run.
    /// </summary>
    private sealed class OwnBatches(IReadOnlyList<int> sampleCounts, NodeSelector selector, RunOptions options) : IBatchPlanner
    {
        private readonly int _batchSize = options.BatchSize;
        private readonly bool _dropsLast = options.LastBatch == LastBatch.Drop;
        private (int Epoch, int[][] Orders) _shuffled = (0, []);

        public int BatchesPerEpoch { get; } = (sampleCounts.Max() + (options.LastBatch == LastBatch.Drop ? 0 : options.BatchSize - 1)) / options.BatchSize;

        public VirtualBatch Batch(int epoch, int index)
        {
            if (_shuffled.Epoch != epoch)
            {
                _shuffled = (epoch, [.. sampleCounts.Select((count, node) => Shuffled(epoch, node + 1, count))]);
            }

            var visits = new List<Visit>();
            int row = 0;
            foreach (int node in selector.Select(new Round(epoch, index)))
            {
                int[] own = [.. _shuffled.Orders[node - 1].Skip(index * _batchSize).Take(_batchSize)];
                if (own.Length > (_dropsLast ? _batchSize - 1 : 0))
                {
                    visits.Add(new Visit(node, own, row));
                    row += own.Length;
                }
            }

            return new VirtualBatch(epoch, index, row, new TraversalPlan(visits));
        }

        private int[] Shuffled(int epoch, int node, int count)
        {
            int[] order = [.. Enumerable.Range(0, count)];
            SeededRandom.ForStream(options.Seed, (ulong)epoch, (ulong)node).Shuffle<int>(order);
            return order;
        }
    }
}
