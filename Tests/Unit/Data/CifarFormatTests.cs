using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>CIFAR-10's binary files: read one after the other as far as they are wanted, and refused by name where they are damaged.</summary>
public sealed class CifarFormatTests
{
    private static readonly byte[] First = CifarFiles.Make(12, seed: 1);
    private static readonly byte[] Second = CifarFiles.Make(5, seed: 2);

    private TempFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TempFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void Batches_are_read_one_after_the_other()
    {
        folder.Write("data_batch_1.bin", First);
        folder.Write("data_batch_2.bin", Second);
        folder.Write("test_batch.bin", CifarFiles.Make(3));
        DatasetFiles files = DatasetLocator.InDirectory(folder.Path);
        SampleSet set = files.ReadTrain();
        byte[][] records = [.. First.Chunk(CifarFiles.RecordBytes), .. Second.Chunk(CifarFiles.RecordBytes)];
        Assert.That((set.Count, $"{set}"), Is.EqualTo((17, "[3, 32, 32] uint8")));
        Assert.That(set.Labels, Is.EqualTo(records.Select(r => (int)r[0])));
        Assert.That(set.Values, Is.EqualTo(records.SelectMany(r => r[1..])));
        Assert.That(files.ReadTest().Labels, Is.EqualTo((int[])[0, 1, 2]));
    }

    [Test]
    public void Selecting_is_reading_all_and_then_selecting()
    {
        folder.Write("data_batch_1.bin", First);
        folder.Write("data_batch_2.bin", Second);
        ISamples samples = DatasetLocator.InDirectory(folder.Path).OpenTrain();
        foreach (int[] indices in (int[][])[[], [16], [0, 1, 2], [16, 3, 12, 11, 3, 0], [.. Enumerable.Range(0, 17).Reverse()]])
        {
            SampleSet some = samples.Select(indices);
            SampleSet expected = samples.ReadAll().Select(indices);
            Assert.That((some.Values, some.Labels), Is.EqualTo((expected.Values, expected.Labels)));
        }

        Assert.That(() => samples.Select([17]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => samples.Select([0, -1]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(CifarFiles.RecordBytes - 1)]
    [TestCase(CifarFiles.RecordBytes + 1)]
    [TestCase((2 * CifarFiles.RecordBytes) + 3072)]
    public void A_file_that_is_not_some_samples_is_refused(int length)
    {
        folder.Write("data_batch_1.bin", First);
        string path = folder.Write("data_batch_2.bin", First[..length]);
        Assert.That(Refusal(), Is.EqualTo($"{path}: its {length} bytes are not some samples of 3073 each (a label and 3072 pixels)"));
    }

    [Test]
    public void A_label_beyond_the_classes_is_refused()
    {
        byte[] bad = [.. Second];
        bad[3 * CifarFiles.RecordBytes] = 10;
        folder.Write("data_batch_1.bin", First);
        string path = folder.Write("data_batch_2.bin", bad);
        Assert.That(Refusal(), Is.EqualTo($"{path}: label 10 of sample 3 is not below the 10 classes"));
    }

    [Test]
    public void A_batch_that_is_missing_in_between_is_named()
    {
        folder.Write("data_batch_1.bin", First);
        folder.Write("data_batch_3.bin", First);
        Assert.That(Refusal(), Is.EqualTo($"{folder["data_batch_2.bin"]}: not found"));
    }

    [Test]
    public void A_file_that_becomes_shorter_is_told_and_ends_nothing()
    {
        string path = folder.Write("data_batch_1.bin", First);
        ISamples samples = DatasetLocator.InDirectory(folder.Path).OpenTrain();
        File.WriteAllBytes(path, First[..^1]);
        Assert.That(samples.Select([0]).Count, Is.EqualTo(1));
        Assert.That(
            () => samples.Select([11]), Throws.TypeOf<DataException>().With.Message.EqualTo($"{path}: became shorter while it was read"));
        File.Delete(path);
        Assert.That(() => samples.Select([0]), Throws.TypeOf<DataException>().With.Message.EqualTo($"{path}: not found"));
    }

    [Test]
    public async Task It_is_found_by_name_and_else_said_where_it_belongs()
    {
        DatasetOptions options = new() { SearchFolders = [folder["here"]], CacheFolder = folder["cache"], SystemFolder = folder["system"] };
        Assert.That(
            (await Assert.ThrowsAsync<DataException>(() => DatasetLocator.LocateAsync("cifar-10", options)))!.Message,
            Is.EqualTo(
                $"cifar-10: not found in {folder["here", "cifar-10"]}, {folder["cache", "cifar-10"]}, {folder["system", "cifar-10"]};"
                + $" put data_batch_1.bin to data_batch_5.bin and test_batch.bin of cifar-10-binary.tar.gz into {folder["cache", "cifar-10"]}"));

        folder.Write("cache/cifar-10/data_batch_1.bin", First);
        folder.Write("cache/cifar-10/test_batch.bin", Second);
        DatasetFiles files = await DatasetLocator.LocateAsync("cifar-10", options);
        Assert.That((files.Info.Name, files.Info.ClassCount, files.ReadTrain().Count, files.ReadTest().Count), Is.EqualTo(("cifar-10", 10, 12, 5)));
    }

    private string Refusal() => Assert.Throws<DataException>(() => DatasetLocator.InDirectory(folder.Path).OpenTrain())!.Message;
}
