using TraversalLearning.Models;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>Which samples of a process are a node's own.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="First">The first one.</param>
/// <param name="Count">How many.</param>
internal readonly record struct OwnSamples(int NodeId, int First, int Count);

/// <summary>Rows of a node as it trains on them.</summary>
internal static class OwnSamplesExtensions
{
    /// <summary>As <see cref="SampleTensors.Gather"/>, changed where images are to be.</summary>
    public static (Tensor Inputs, Tensor Labels) Gather(
        this SampleTensors samples, Augmentation how, int epoch, ReadOnlySpan<int> indices, OwnSamples own)
    {
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
