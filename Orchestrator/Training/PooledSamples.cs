using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>All nodes' data in one place, used only for comparison with centralized training.</summary>
internal sealed class PooledSamples : IDisposable
{
    private readonly SampleTensors _samples;
    private readonly int[][] _partition;
    private readonly Augmentation _augmentation;

    /// <summary>Converts the data set to tensors.</summary>
    /// <param name="samples">The whole data set, as read.</param>
    /// <param name="partition">Sample indices of each node, as the nodes divide the data among themselves.</param>
    /// <param name="setup">How samples become inputs.</param>
    /// <param name="device">Device of the tensors.</param>
    public PooledSamples(SampleSet samples, int[][] partition, TrainingSetup setup, Device device)
    {
        _samples = new SampleTensors(PreparedSamples.Of(samples, setup.Preparation), setup.Model.InputShape, setup.Normalisation, setup.ElementType.ToScalarType(), device);
        _partition = partition;
        _augmentation = setup.Augmentation;
    }

    /// <summary>Number of samples that nodes 1, 2, … would hold.</summary>
    public int[] SampleCounts => Array.ConvertAll(_partition, p => p.Length);

    /// <summary>The rows of a virtual batch as its nodes train on them, in row order.</summary>
    public (Tensor Inputs, Tensor Labels) Gather(VirtualBatch batch)
    {
        int[] rows = new int[batch.Rows];
        foreach (Visit visit in batch.Plan.Visits)
        {
            for (int i = 0; i < visit.Rows; i++)
            {
                rows[visit.RowStart + i] = _partition[visit.NodeId - 1][visit.Indices[i]];
            }
        }

        (Tensor inputs, Tensor labels) = _samples.Gather(rows);
        if (_augmentation.IsNone)
        {
            return (inputs, labels);
        }

        using (inputs)
        {
            SampleIdentity[] identities = [.. batch.Plan.Visits.SelectMany(v => v.Indices.Select(i => new SampleIdentity(v.NodeId, i)))];
            return (AugmentedImages.Of(inputs, _samples.Black, _augmentation, batch.Epoch, identities), labels);
        }
    }

    /// <summary>Describes the training set's largest value and the node that would hold it.</summary>
    public string DescribeLargest() => _samples.FindLargest() is { } largest
        ? FormattableString.Invariant($"the training set's largest value is {largest.Value:G4}, in sample {largest.Sample}, which node {1 + Array.FindIndex(_partition, p => p.Contains(largest.Sample))} would hold")
        : "the training set";

    /// <summary>All samples.</summary>
    public SampleTensors Tensors => _samples;

    /// <summary>Positions of a node's samples in the whole set.</summary>
    public int[] RowsOf(int nodeId, int[] localIndices) => Array.ConvertAll(localIndices, i => _partition[nodeId - 1][i]);

    /// <inheritdoc/>
    public void Dispose() => _samples.Dispose();
}
