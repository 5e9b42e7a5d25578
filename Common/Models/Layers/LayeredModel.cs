using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>
/// A model built from its description, in two halves: <c>f = f_O ∘ f_N</c> (design section 2), where <c>f_N</c> is the
/// layers up to the cut.
/// </summary>
public sealed class LayeredModel : nn.Module<Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor>[] _layers;

    /// <summary>Builds the layers in order, with PyTorch's initialisation from the global generator.</summary>
    /// <param name="description">The model's description.</param>
    /// <param name="cut">Number of layers of <c>f_N</c>.</param>
    /// <param name="layerCount">Number of layers to build, from the first; <see langword="null"/> for all.</param>
    public LayeredModel(ModelDescription description, int cut, int? layerCount = null)
        : base(description.Name)
    {
        Description = description;
        Cut = cut;
        CutShape = description.ShapeBehind(cut);
        _layers = LayerStack.Build(description.Layers[..(layerCount ?? description.Layers.Length)], description.InputShape, register_module);
    }

    /// <summary>The description that the model was built from.</summary>
    public ModelDescription Description { get; }

    /// <summary>Number of layers of <c>f_N</c>.</summary>
    public int Cut { get; }

    /// <summary>Number of trainable parameters of the layers built.</summary>
    public long ParameterCount => Description.ParametersBefore(_layers.Length);

    /// <summary>Shape of one sample's activations at the cut.</summary>
    public long[] CutShape { get; }

    /// <summary>
    /// The layers' buffers, such as batch-norm's running statistics, under PyTorch's state-dict names. Not copies: a forward pass
    /// in training mode changes them.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Buffers => [.. named_buffers()];

    /// <summary><c>f</c>: inputs <c>[m, …]</c> to logits <c>[m, C]</c>.</summary>
    public override Tensor forward(Tensor input) => ForwardRest(ForwardFirst(input));

    /// <summary><c>f_N</c>: inputs <c>[m, …]</c> to activations at the cut <c>[m, …]</c>.</summary>
    public Tensor ForwardFirst(Tensor input) => Run(input, 0, Cut);

    /// <summary><c>f_O</c>: activations at the cut <c>[m, …]</c> to logits <c>[m, C]</c>.</summary>
    public Tensor ForwardRest(Tensor activations) => Run(activations, Cut, _layers.Length);

    private Tensor Run(Tensor x, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            x = _layers[i](x);
        }

        return x;
    }
}
