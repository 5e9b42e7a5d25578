using TraversalLearning.Models;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>A node's share of the samples of its process.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="First">Index of the first sample.</param>
/// <param name="Count">Number of samples.</param>
/// <param name="Visits">Is told which samples are computed on; <see langword="null"/> for nobody.</param>
internal readonly record struct OwnSamples(int NodeId, int First, int Count, ISampleVisits? Visits = null);

/// <summary>Is told which of a node's samples are computed on, before they are.</summary>
internal interface ISampleVisits
{
    /// <summary>Counts a visit of each sample, and throws to refuse it.</summary>
    /// <param name="indices">Local indices of the samples.</param>
    void Visit(ReadOnlySpan<int> indices);
}

/// <summary>Reads a node's rows for training.</summary>
internal static class OwnSamplesExtensions
{
    /// <summary>Gathers rows as <see cref="SampleTensors.Gather"/> does, with augmentation applied to images.</summary>
    public static (Tensor Inputs, Tensor Labels) Gather(
        this SampleTensors samples, Augmentation how, int epoch, ReadOnlySpan<int> indices, OwnSamples own)
    {
        own.Visits?.Visit(indices);
        (Tensor inputs, Tensor labels) = samples.Gather(indices, own.First);
        if (how.IsNone)
        {
            return (inputs, labels);
        }

        var identities = new SampleIdentity[indices.Length];
        for (int i = 0; i < identities.Length; i++)
        {
            identities[i] = new SampleIdentity(own.NodeId, indices[i]);
        }

        using (inputs)
        {
            return (AugmentedImages.Of(inputs, samples.Black, how, epoch, identities), labels);
        }
    }
}
