namespace TraversalLearning.Data.Formats;

/// <summary>
/// Grey images in the files of the MNIST family: <c>train-images-idx3-ubyte</c> or <c>train-images.idx3-ubyte</c> and so on,
/// optionally with <c>.gz</c>. Gzip has no random access, so these files are read completely.
/// </summary>
internal sealed class IdxFormat : ISampleFormat
{
    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{Stem(part)}-images-idx3-ubyte and {Stem(part)}-labels-idx1-ubyte (.gz or not)";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) =>
        Images(directory, part) is not null && (!labels || Labels(directory, part) is not null);

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true) => labels
        ? IdxReader.Read(Images(directory, part)!, Labels(directory, part)!, classCount)
        : IdxReader.ReadUnlabelled(Images(directory, part)!);

    private static string Stem(DatasetPart part) => part == DatasetPart.Train ? "train" : "t10k";

    private static string? Images(string directory, DatasetPart part) => FindFile(directory, $"{Stem(part)}-images", 3);

    private static string? Labels(string directory, DatasetPart part) => FindFile(directory, $"{Stem(part)}-labels", 1);

    private static string? FindFile(string directory, string stem, int dimensions)
    {
        string[] names = [$"{stem}-idx{dimensions}-ubyte", $"{stem}.idx{dimensions}-ubyte"];
        return names.SelectMany(name => (string[])[name, name + ".gz"])
            .Select(name => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }
}
