using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>A sequence of layers: those of a model, or of a part of a block.</summary>
internal static class LayerStack
{
    private const int MaxLayers = 1024;
    private const int MaxName = 64;

    /// <summary>Checks a model's layers and yields the output shape of one sample for each layer.</summary>
    /// <exception cref="ModelException">A layer does not fit; the message names it.</exception>
    public static IEnumerable<long[]> Shapes(LayerDescription[] layers, long[] input) =>
        Shapes(layers, input, new HashSet<string>(StringComparer.Ordinal), "a model", block: null);

    /// <summary>Checks the layers of a part of a block and returns the output shape of one sample.</summary>
    /// <param name="layers">The part's layers.</param>
    /// <param name="input">The shape of one input sample.</param>
    /// <param name="names">The layer names already used in the block.</param>
    /// <param name="part">The name of the part, for the message.</param>
    /// <param name="block">The block's name.</param>
    /// <exception cref="ModelException">A layer does not fit; the message names it after the block's name.</exception>
    public static long[] OutputShape(LayerDescription[] layers, long[] input, HashSet<string> names, string part, string block) =>
        Shapes(layers, input, names, part, block).Last();

    /// <summary>Approximate number of elements that checked layers keep per sample for the backward pass.</summary>
    public static long CountActivations(LayerDescription[] layers, long[] input)
    {
        long sum = 0;
        foreach (LayerDescription layer in layers)
        {
            sum = checked(sum + layer.CountActivations(input));
            input = layer.OutputShape(input);
        }

        return sum;
    }

    /// <summary>The first of some checked layers that rejects a batch of a single row; <see langword="null"/> if there is none.</summary>
    public static LayerDescription? FirstNeedingTwoRows(LayerDescription[] layers, long[] input)
    {
        foreach (LayerDescription layer in layers)
        {
            if (layer.NeedsTwoRows(input))
            {
                return layer;
            }

            input = layer.OutputShape(input);
        }

        return null;
    }

    /// <summary>Builds checked layers in order.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="input">The shape of one input sample.</param>
    /// <param name="register">Receives the modules, each under its layer's name.</param>
    /// <returns>The forward pass of each layer.</returns>
    public static Func<Tensor, Tensor>[] Build(LayerDescription[] layers, long[] input, Action<string, nn.Module> register)
    {
        var built = new Func<Tensor, Tensor>[layers.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            (nn.Module? module, built[i]) = layers[i].Build(input);
            if (module is not null)
            {
                register(layers[i].Name, module);
            }

            input = layers[i].OutputShape(input);
        }

        return built;
    }

    private static IEnumerable<long[]> Shapes(LayerDescription[] layers, long[] input, HashSet<string> names, string title, string? block)
    {
        if (layers.Length is 0 or > MaxLayers)
        {
            throw new ModelException($"{Title()} has from 1 to {MaxLayers} layers, this one {layers.Length}");
        }

        for (int i = 0; i < layers.Length; i++)
        {
            // A JSON null gets past the nullability annotations of an array's elements.
            LayerDescription layer = layers[i] ?? throw new ModelException($"{Ordinal(i)} is null");
            if (!IsName(layer.Name) || !names.Add(layer.Name))
            {
                throw new ModelException($"{Ordinal(i)}: the name '{layer.Name}' is empty, too long, taken, or has more than letters, digits and '_'");
            }

            LayerDescription named = block is null ? layer : layer with { Name = $"{block}.{layer.Name}" };
            if (layer is EmbeddingLayer && (block is not null || i > 0))
            {
                throw new ModelException($"layer '{named.Name}' takes tokens, which only the first layer of a model gets");
            }

            input = named.OutputShape(input);
            if (input.Aggregate(1L, (a, b) => checked(a * b)) > ModelDescription.MaxElements)
            {
                throw new ModelException($"layer '{named.Name}' makes the model too large");
            }

            yield return input;
        }

        string Title() => block is null ? title : $"{title} of '{block}'";
        string Ordinal(int i) => block is null ? $"layer {i + 1}" : $"layer {i + 1} of {Title()}";
    }

    private static bool IsName(string name) => name.Length is > 0 and <= MaxName && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
