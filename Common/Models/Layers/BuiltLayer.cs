using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>A layer made of its description.</summary>
/// <param name="Module">Has its parameters and buffers under PyTorch's names, and its mode; <see langword="null"/> if it has none of them.</param>
/// <param name="Forward">From a batch in front of it, <c>[m, …]</c>, to that behind it.</param>
internal readonly record struct BuiltLayer(nn.Module? Module, Func<Tensor, Tensor> Forward)
{
    /// <summary>A layer that is one module of PyTorch's.</summary>
    public static BuiltLayer Of(nn.Module<Tensor, Tensor> module) => new(module, module.call);
}
