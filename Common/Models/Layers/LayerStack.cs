using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>Layers one behind the other: those of a model, or of a part of a block.</summary>
internal static class LayerStack
{
    private const int MaxLayers = 1024;
    private const int MaxName = 64;

    /// <summary>Checks a model's layers and gives the shape of one sample behind each of them, one at a time.</summary>
    /// <exception cref="ModelException">A layer does not fit; the message names it.</exception>
    public static IEnumerable<long[]> Shapes(LayerDescription[] layers, long[] input) =>
        Shapes(layers, input, new HashSet<string>(StringComparer.Ordinal), "a model", block: null);

    /// <summary>Checks the layers of a part of a block and gives the shape of one sample behind all of them.</summary>
    /// <param name="layers">Its layers.</param>
    /// <param name="input">The shape of one sample in front of them.</param>
    /// <param name="names">Those that are taken in the block.</param>
    /// <param name="part">What of the block it is, for the message.</param>
    /// <param name="block">The block's name.</param>
    /// <exception cref="ModelException">A layer does not fit; the message names it behind the block's name.</exception>
    public static long[] OutputShape(LayerDescription[] layers, long[] input, HashSet<string> names, string part, string block) =>
        Shapes(layers, input, names, part, block).Last();

    /// <summary>About how many elements of one sample the layers keep for the backward pass. They have been checked.</summary>
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

    /// <summary>The first layer that takes no batch of a single row; <see langword="null"/> if each does. They have been checked.</summary>
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

    /// <summary>Makes the layers in order. They have been checked.</summary>
    /// <param name="layers">What to make.</param>
    /// <param name="input">The shape of one sample in front of them.</param>
    /// <param name="register">Takes the modules, each under its layer's name.</param>
    /// <returns>What each does.</returns>
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
            // JSON's null gets past the annotations of an array's elements.
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
