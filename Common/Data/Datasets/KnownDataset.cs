namespace TraversalLearning.Data.Datasets;

/// <summary>A file to download, and its required SHA-256 (lower-case hexadecimal).</summary>
public sealed record KnownFile(string Name, string Sha256);

/// <summary>A public data set known by name.</summary>
/// <param name="Info">Name, normalization, classes.</param>
/// <param name="Mirrors">Base URLs of the files, each ending in a slash, in order of preference. Empty: the set is not downloaded.</param>
/// <param name="Files">The files to download.</param>
/// <param name="InstallHint">How to get the set without a download.</param>
/// <param name="Content">The expected content of its folder, for messages.</param>
public sealed record KnownDataset(
    DatasetInfo Info, IReadOnlyList<Uri> Mirrors, IReadOnlyList<KnownFile> Files, string? InstallHint = null,
    string Content = "its four IDX files")
{
    /// <summary>Fashion-MNIST (Zalando Research), MNIST (LeCun, Cortes, Burges) and CIFAR-10 (Krizhevsky).</summary>
    public static IReadOnlyList<KnownDataset> All { get; } =
    [
        new KnownDataset(
            new DatasetInfo("fashion-mnist", 0.2860, 0.3530, 10),
            [
                new Uri("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
                new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
            ],
            [
                new KnownFile("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                new KnownFile("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                new KnownFile("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                new KnownFile("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            ],
            "apt-get install dataset-fashion-mnist"),
        new KnownDataset(
            new DatasetInfo("mnist", 0.1307, 0.3081, 10),
            [
                new Uri("https://ossci-datasets.s3.amazonaws.com/mnist/"),
                new Uri("https://storage.googleapis.com/cvdf-datasets/mnist/"),
            ],
            [
                new KnownFile("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                new KnownFile("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                new KnownFile("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                new KnownFile("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            ]),

        // Published as one archive, which the user unpacks. Mean and deviation are over all three colours together.
        new KnownDataset(
            new DatasetInfo("cifar-10", 0.4734, 0.2516, 10),
            [],
            [],
            Content: "data_batch_1.bin to data_batch_5.bin and test_batch.bin of cifar-10-binary.tar.gz"),
    ];
}
