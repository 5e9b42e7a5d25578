using System.IO.Compression;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Arrays in an archive are those that they would be in files of their own.</summary>
public sealed class NpzFormatTests
{
    private static readonly SampleSet Set = new(SampleElement.Float32, [2], [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes(i * 0.5f))], [1, 0, 1]);

    private readonly TempFolder _folder = new();

    [TearDown]
    public void Clear()
    {
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            File.Delete(file);
        }
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void An_archive_is_read_as_its_arrays([Values] CompressionLevel level)
    {
        Write(level, ("x.npy", NpyFiles.SamplesOf(Set)), ("y.npy", NpyFiles.LabelsOf(Set)));
        SampleSet read = DatasetLocator.InDirectory(_folder.Path).ReadTrain();
        Assert.That(read.Fingerprint(), Is.EqualTo(Set.Fingerprint()));
    }

    [Test]
    public void Without_labels_only_the_samples_are_needed()
    {
        Write(CompressionLevel.Optimal, ("x.npy", NpyFiles.SamplesOf(Set)));
        SampleSet read = DatasetFiles.Find(_folder.Path, new DatasetInfo("t", 0.5, 0.5, null), labels: false)!.ReadTrain();
        Assert.That((read.Count, read.IsLabelled), Is.EqualTo((3, false)));
        Assert.That(Refused().Reason, Is.EqualTo("has no array 'y', but x.npy; save it as np.savez('train.npz', x=…, y=…)"));
    }

    [Test]
    public void Arrays_of_other_names_are_named()
    {
        Write(CompressionLevel.Optimal, ("x_train.npy", NpyFiles.SamplesOf(Set)), ("y_train.npy", NpyFiles.LabelsOf(Set)));
        Assert.That(Refused().Reason, Is.EqualTo("has no array 'x', but x_train.npy, y_train.npy; save it as np.savez('train.npz', x=…, y=…)"));
    }

    [Test]
    public void What_is_wrong_with_an_array_is_said_with_its_name()
    {
        Write(CompressionLevel.Optimal, ("x.npy", NpyFiles.SamplesOf(Set)[..^1]), ("y.npy", NpyFiles.LabelsOf(Set)));
        Assert.That(Refused().Message, Does.Contain("train.npz: x.npy: truncated: 23 of the 24 bytes"));
    }

    [Test]
    public void A_cut_archive_is_refused()
    {
        Write(CompressionLevel.Optimal, ("x.npy", NpyFiles.SamplesOf(Set)), ("y.npy", NpyFiles.LabelsOf(Set)));
        byte[] whole = File.ReadAllBytes(_folder["train.npz"]);
        for (int length = 0; length < whole.Length; length++)
        {
            _folder.Write("train.npz", whole[..length]);
            Assert.That(Refused().Message, Does.Contain("train.npz: "), $"{length} bytes");
        }
    }

    private DataException Refused() => Assert.Throws<DataException>((Action)(() => DatasetLocator.InDirectory(_folder.Path).ReadTrain()))!;

    private void Write(CompressionLevel level, params (string Name, byte[] Content)[] arrays)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in arrays)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        _folder.Write("train.npz", file.ToArray());
    }
}
