using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>A layer built from its description.</summary>
/// <param name="Module">Parameters and buffers under PyTorch's names, and the training mode; <see langword="null"/> if the layer has none of these.</param>
/// <param name="Forward">The forward pass over a batch, <c>[m, …]</c>.</param>
internal readonly record struct BuiltLayer(nn.Module? Module, Func<Tensor, Tensor> Forward)
{
    /// <summary>A layer that is a single PyTorch module.</summary>
    public static BuiltLayer Of(nn.Module<Tensor, Tensor> module) => new(module, module.call);
}
