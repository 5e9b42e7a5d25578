using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Layers;

/// <summary>The module of a <see cref="ResidualLayer"/>.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor>[] _body;
    private readonly Func<Tensor, Tensor>[] _shortcut;
    private readonly bool _relu;

    /// <summary>Builds the layers of the body, then those of the shortcut.</summary>
    /// <param name="layer">What to build.</param>
    /// <param name="input">The shape of one sample in front of the block.</param>
    public ResidualBlock(ResidualLayer layer, long[] input)
        : base(nameof(ResidualBlock))
    {
        _body = LayerStack.Build(layer.Body, input, register_module);
        _shortcut = LayerStack.Build(layer.Shortcut ?? [], input, register_module);
        _relu = layer.Relu;
    }

    /// <summary>A batch in front of the block, <c>[m, …]</c>, to that behind it.</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor sum = Run(_body, input).add(Run(_shortcut, input));
        return _relu ? F.relu(sum) : sum;
    }

    private static Tensor Run(Func<Tensor, Tensor>[] layers, Tensor input) => layers.Aggregate(input, (x, layer) => layer(x));
}
