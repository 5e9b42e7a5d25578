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
    /// <param name="layer">The block's description.</param>
    /// <param name="input">The shape of one input sample.</param>
    public ResidualBlock(ResidualLayer layer, long[] input)
        : base(nameof(ResidualBlock))
    {
        _body = LayerStack.Build(layer.Body, input, register_module);
        _shortcut = LayerStack.Build(layer.Shortcut ?? [], input, register_module);
        _relu = layer.Relu;
    }

    /// <summary>Runs the block on a batch, <c>[m, …]</c>.</summary>
    public override Tensor forward(Tensor input)
    {
        Tensor sum = Run(_body, input).add(Run(_shortcut, input));
        return _relu ? F.relu(sum) : sum;
    }

    private static Tensor Run(Func<Tensor, Tensor>[] layers, Tensor input) => layers.Aggregate(input, (x, layer) => layer(x));
}
