namespace TraversalLearning.Data.Formats;

/// <summary>
/// Arrays written by <c>numpy.save</c>: <c>train_x.npy [n, shape…]</c> with <c>train_y.npy [n]</c>, and <c>test_x.npy</c> with
/// <c>test_y.npy</c>. Samples are uint8 (pixels), float32 or float64 (numbers), or int32 or int64 (tokens). Labels are uint8,
/// int32 or int64 (classes), or float32 or float64 (numbers to predict, <c>[n]</c> or <c>[n, k]</c>). All are little-endian and
/// in C order.
/// </summary>
internal sealed class NpyFormat : ISampleFormat
{
    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{Stem(part)}_x.npy and {Stem(part)}_y.npy";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) =>
        File.Exists(SamplesPath(directory, part)) && (!labels || File.Exists(LabelsPath(directory, part)));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true)
    {
        string path = SamplesPath(directory, part);
        NpyHeader header = Read(path, file => NpyHeader.Read(path, file, NpyContent.Samples));
        NpyArrays.RequireSamples(path, header);
        int count = (int)header.Shape[0];
        string labelsPath = LabelsPath(directory, part);
        (int[] classes, SampleTargets? targets) = labels ? Read(labelsPath, file => NpyArrays.ReadLabels(labelsPath, file, count, classCount)) : (new int[count], null);
        int sampleBytes = (int)(header.DataBytes / count);
        return new FileSamples(
            header.Element, header.Shape[1..], [new RowFile(path, header.DataOffset, sampleBytes, Stride: sampleBytes, count)], classes, targets)
        {
            IsLabelled = labels,
        };
    }

    private static string Stem(DatasetPart part) => part == DatasetPart.Train ? "train" : "test";

    private static string SamplesPath(string directory, DatasetPart part) => Path.Combine(directory, $"{Stem(part)}_x.npy");

    private static string LabelsPath(string directory, DatasetPart part) => Path.Combine(directory, $"{Stem(part)}_y.npy");

    private static T Read<T>(string path, Func<FileStream, T> read)
    {
        try
        {
            using FileStream file = RowFile.Open(path);
            return read(file);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }
}
