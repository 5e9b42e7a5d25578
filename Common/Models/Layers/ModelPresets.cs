using System.Globalization;

namespace TraversalLearning.Models.Layers;

/// <summary>The built-in models. To add one, write a function that returns its description, and add it to the list.</summary>
public static class ModelPresets
{
    /// <summary>The preset whose sizes may be taken from the tables that it is trained on.</summary>
    public const string SizedByData = "tabular";

    internal const string MlpName = "mlp";

    private static readonly Preset[] All =
    [
        new(MlpName, static (_, activation) => Mlp([784, 256, 128, 64, 10], activation)),
        new("cnn", static (_, _) => Cnn()),
        new("lenet5", static (_, _) => LeNet5()),
        new("vgg", static (_, _) => Vgg()),
        new("resnet", static (_, _) => ResNet20()),
        new($"{SizedByData}[:FEATURES,CLASSES]", static (sizes, _) => Tabular(sizes[0], sizes[1])),
        new("text:VOCABULARY,LENGTH,CLASSES", static (sizes, _) => Text(sizes[0], sizes[1], sizes[2])),
    ];

    /// <summary>The names for <c>--model</c>: sizes in capitals, sizes that tables can supply in brackets.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(p => p.Usage)];

    /// <summary>Creates a preset's description.</summary>
    /// <param name="name">One of <see cref="Names"/>, with numbers for the sizes: <c>tabular:54,7</c>.</param>
    /// <param name="activation">Activations of the mlp; without them it is the Python reference's stack of linear layers.</param>
    /// <exception cref="ModelException">The preset does not exist, or its sizes are invalid.</exception>
    public static ModelDescription Create(string name, Activation activation = Activation.Relu)
    {
        (string preset, string[] words) = Split(name);
        int[] sizes = Array.ConvertAll(words, s => ParseSize(s, name));
        return Array.Find(All, p => Split(p.Usage.Replace("[", string.Empty, StringComparison.Ordinal)) is var (known, wanted) && known == preset && wanted.Length == sizes.Length) is { } found
            ? found.Describe(sizes, activation)
            : throw Unknown(name);
    }

    /// <summary>Linear layers <c>fc1, fc2, …</c> of the given widths, with activations between them.</summary>
    public static ModelDescription Mlp(long[] widths, Activation activation = Activation.Relu)
    {
        var layers = new List<LayerDescription>();
        for (int i = 1; i < widths.Length; i++)
        {
            layers.Add(new LinearLayer($"fc{i}", widths[i - 1], widths[i]));
            if (i < widths.Length - 1 && activation.Layer(i) is { } layer)
            {
                layers.Add(layer);
            }
        }

        return new ModelDescription(MlpName, [widths[0]], (int)widths[^1], [.. layers]);
    }

    // The network of PyTorch's MNIST example, without dropout.
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

    // LeCun et al. 1998, with full connectivity between the pools and a linear last layer.
    private static ModelDescription LeNet5() => new(
        "lenet5",
        [1, 28, 28],
        10,
        [
            new Conv2dLayer("conv1", 1, 6, Kernel: 5, Padding: 2),
            new TanhLayer("tanh1"),
            new AvgPool2dLayer("pool1", Kernel: 2),
            new Conv2dLayer("conv2", 6, 16, Kernel: 5),
            new TanhLayer("tanh2"),
            new AvgPool2dLayer("pool2", Kernel: 2),
            new FlattenLayer("flatten"),
            new LinearLayer("fc1", 400, 120),
            new TanhLayer("tanh3"),
            new LinearLayer("fc2", 120, 84),
            new TanhLayer("tanh4"),
            new LinearLayer("fc3", 84, 10),
        ]);

    // After Simonyan and Zisserman 2014, for the 32×32 images of CIFAR-10: three pairs of convolutions.
    private static ModelDescription Vgg()
    {
        var layers = new List<LayerDescription>();
        long channels = 3;
        foreach ((int block, long width) in new[] { (1, 64L), (2, 128L), (3, 256L) })
        {
            foreach (string half in new[] { "a", "b" })
            {
                layers.Add(new Conv2dLayer($"conv{block}{half}", channels, width, Kernel: 3, Padding: 1));
                layers.Add(new ReluLayer($"relu{block}{half}"));
                channels = width;
            }

            layers.Add(new MaxPool2dLayer($"pool{block}", Kernel: 2));
        }

        return new ModelDescription(
            "vgg",
            [3, 32, 32],
            10,
            [
                .. layers, new FlattenLayer("flatten"), new LinearLayer("fc1", 4096, 512), new ReluLayer("relu"), new DropoutLayer("dropout", 0.5),
                new LinearLayer("fc2", 512, 10),
            ]);
    }

    // ResNet-20 for CIFAR-10 (He et al. 2015, section 4.2, n = 3), with projections where the size changes.
    private static ModelDescription ResNet20()
    {
        var blocks = new List<LayerDescription>();
        long channels = 16;
        foreach ((int stage, long width) in new[] { (1, 16L), (2, 32L), (3, 64L) })
        {
            for (int block = 1; block <= 3; block++)
            {
                blocks.Add(BasicBlock($"block{stage}_{block}", channels, width, stride: stage > 1 && block == 1 ? 2 : 1));
                channels = width;
            }
        }

        return new ModelDescription(
            "resnet",
            [3, 32, 32],
            10,
            [
                new Conv2dLayer("conv", 3, 16, Kernel: 3, Padding: 1, Bias: false), new BatchNormLayer("bn", 16), new ReluLayer("relu"), .. blocks,
                new GlobalMeanLayer("mean"), new LinearLayer("fc", 64, 10),
            ]);
    }

    // The convolutions have no bias: batch-norm subtracts the mean and would cancel it.
    private static ResidualLayer BasicBlock(string name, long channels, long width, long stride) => new(
        name,
        [
            new Conv2dLayer("conv1", channels, width, Kernel: 3, stride, Padding: 1, Bias: false),
            new BatchNormLayer("bn1", width),
            new ReluLayer("relu1"),
            new Conv2dLayer("conv2", width, width, Kernel: 3, Padding: 1, Bias: false),
            new BatchNormLayer("bn2", width),
        ],
        stride == 1 ? null : [new Conv2dLayer("down", channels, width, Kernel: 1, stride, Bias: false), new BatchNormLayer("bn3", width)],
        Relu: true);

    /// <summary>Linear layers of 128 and 64 with layer-norm and GELU, for rows of numbers.</summary>
    /// <param name="features">Numbers per row.</param>
    /// <param name="classes">Number of logits.</param>
    public static ModelDescription Tabular(int features, int classes) => Checked(new(
        $"tabular:{features},{classes}",
        [features],
        classes,
        [
            new LinearLayer("fc1", features, 128),
            new LayerNormLayer("norm1", 128),
            new GeluLayer("gelu1"),
            new LinearLayer("fc2", 128, 64),
            new LayerNormLayer("norm2", 64),
            new GeluLayer("gelu2"),
            new LinearLayer("fc3", 64, classes),
        ]));

    private static ModelDescription Text(int vocabulary, int length, int classes) => Checked(new(
        $"text:{vocabulary},{length},{classes}",
        [length],
        classes,
        [new EmbeddingLayer("embedding", vocabulary, 64), new LstmLayer("lstm", 64, 128), new LinearLayer("fc", 128, classes)]));

    private static ModelDescription Checked(ModelDescription model)
    {
        model.ShapeBehind(model.Layers.Length);
        return model;
    }

    private static (string Preset, string[] Sizes) Split(string name) =>
        name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? (name[..colon], name[(colon + 1)..].Split(',')) : (name, []);

    private static int ParseSize(string size, string name) =>
        int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : throw Unknown(name);

    private static ModelException Unknown(string name) =>
        new($"there is no model '{name}'; use one of {string.Join(", ", Names)}, or a file with a description: ./model.json");

    /// <summary>A named model.</summary>
    /// <param name="Usage">Its name, with placeholders for sizes.</param>
    /// <param name="Describe">Creates the description from the sizes, each from 1, and the activation.</param>
    private sealed record Preset(string Usage, Func<int[], Activation, ModelDescription> Describe);
}
