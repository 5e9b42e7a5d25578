using System.IO.Compression;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// Arrays written by <c>numpy.savez</c> and <c>numpy.savez_compressed</c>: <c>train.npz</c> and <c>test.npz</c>, each with
/// <c>x</c> and <c>y</c> as in <see cref="NpyFormat"/>. Archives have no random access, so these files are read completely.
/// </summary>
internal sealed class NpzFormat : ISampleFormat
{
    private const string Samples = "x.npy";
    private const string Labels = "y.npy";

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => NameOf(part);

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) => File.Exists(Path.Combine(directory, NameOf(part)));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true)
    {
        string path = Path.Combine(directory, NameOf(part));
        try
        {
            using var archive = new ZipArchive(RowFile.Open(path), ZipArchiveMode.Read);
            return Read(path, archive, classCount, labels);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    private static string NameOf(DatasetPart part) => part == DatasetPart.Train ? "train.npz" : "test.npz";

    private static SampleSet Read(string path, ZipArchive archive, int? classCount, bool labels)
    {
        string samplesPath = $"{path}: {Samples}";
        using MemoryStream samples = Inflate(path, archive, Samples);
        NpyHeader header = NpyHeader.Read(samplesPath, samples, NpyContent.Samples);
        NpyArrays.RequireSamples(samplesPath, header);
        byte[] values = samples.GetBuffer().AsSpan((int)header.DataOffset, (int)header.DataBytes).ToArray();
        int count = (int)header.Shape[0];
        (int[] classes, SampleTargets? targets) = labels ? ReadLabels(path, archive, count, classCount) : (new int[count], null);
        SampleSet set = targets is null
            ? new SampleSet(header.Element, header.Shape[1..], values, classes) { IsLabelled = labels }
            : new SampleSet(header.Element, header.Shape[1..], values, targets);
        UsableValues.Require(set, row => (samplesPath, row));
        return set;
    }

    private static (int[] Classes, SampleTargets? Targets) ReadLabels(string path, ZipArchive archive, int count, int? classCount)
    {
        using MemoryStream file = Inflate(path, archive, Labels);
        return NpyArrays.ReadLabels($"{path}: {Labels}", file, count, classCount);
    }

    /// <summary>Inflates an array of the archive. The memory grows with the bytes actually read, up to the declared size.</summary>
    private static MemoryStream Inflate(string path, ZipArchive archive, string name)
    {
        ZipArchiveEntry entry = archive.GetEntry(name)
            ?? throw new DataException(
                path, $"has no array '{Path.GetFileNameWithoutExtension(name)}', but {TableLimits.Some([.. archive.Entries.Select(e => e.FullName)])}; save it as np.savez('{Path.GetFileName(path)}', x=…, y=…)");
        if (entry.Length > Array.MaxLength)
        {
            throw new DataException($"{path}: {name}", $"has {entry.Length} bytes, more than the {Array.MaxLength} that a node can hold; save it as {Path.GetFileNameWithoutExtension(path)}_{name}");
        }

        var content = new MemoryStream();
        using Stream inflating = entry.Open();
        inflating.CopyTo(content);
        content.Position = 0;
        return content;
    }
}
