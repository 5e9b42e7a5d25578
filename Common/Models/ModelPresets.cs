namespace TraversalLearning.Models;

/// <summary>The models that ship with the product. To add one, add a case.</summary>
public static class ModelPresets
{
    /// <summary>The names, for <c>--model</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["mlp", "cnn"];

    /// <summary>Makes a preset's description.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="relu">Whether the mlp has its activations; without, it is the Python reference's stack of linear layers.</param>
    /// <exception cref="ModelException">There is no such preset.</exception>
    public static ModelDescription Create(string name, bool relu = true) => name switch
    {
        "mlp" => Mlp([784, 256, 128, 64, 10], relu),
        "cnn" => Cnn(),
        _ => throw new ModelException($"there is no model '{name}'; use one of {string.Join(", ", Names)}"),
    };

    /// <summary>Linear layers <c>fc1, fc2, …</c> of the given widths, with ReLU in between where asked.</summary>
    public static ModelDescription Mlp(long[] widths, bool relu = true)
    {
        var layers = new List<LayerDescription>();
        for (int i = 1; i < widths.Length; i++)
        {
            layers.Add(new LinearLayer($"fc{i}", widths[i - 1], widths[i]));
            if (relu && i < widths.Length - 1)
            {
                layers.Add(new ReluLayer($"relu{i}"));
            }
        }

        return new ModelDescription("mlp", [widths[0]], (int)widths[^1], [.. layers]);
    }

    // The network of PyTorch's MNIST example, without its dropout.
    private static ModelDescription Cnn() => new(
        "cnn",
        [1, 28, 28],
        10,
        [
            new Conv2dLayer("conv1", 1, 32, Kernel: 3),
            new ReluLayer("relu1"),
            new Conv2dLayer("conv2", 32, 64, Kernel: 3),
            new ReluLayer("relu2"),
            new MaxPool2dLayer("pool", Kernel: 2),
            new FlattenLayer("flatten"),
            new LinearLayer("fc1", 9216, 128),
            new ReluLayer("relu3"),
            new LinearLayer("fc2", 128, 10),
        ]);
}
