using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>IDX files: the good are read, and whatever is wrong with the bad is named.</summary>
public sealed class IdxReaderTests
{
    private TempFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TempFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void Plain_and_gzipped_files_read_alike_whatever_they_are_called([Values] bool gzipImages, [Values] bool gzipLabels)
    {
        SampleSet set = Read(MaybeGzip(IdxFiles.Images(12), gzipImages), MaybeGzip(IdxFiles.Labels(12), gzipLabels));
        Assert.That((set.Count, set.SampleSize, $"{set}"), Is.EqualTo((12, 6, "[1, 2, 3] uint8")));
        Assert.That(set.Values, Is.EqualTo(Enumerable.Range(0, 72).Select(i => (byte)i)));
        Assert.That(set.Labels, Is.EqualTo(Enumerable.Range(0, 12).Select(i => i % 10)));
        Assert.That(set.ClassesSeen(), Is.EqualTo(10));
    }

    [Test]
    public void A_gzipped_file_larger_than_the_first_chunk_reads_whole()
    {
        byte[] images = IdxFiles.Images(500, 28, 28);
        Assert.That(Read(IdxFiles.Gzip(images), IdxFiles.Labels(500)).Values, Is.EqualTo(images[16..]));
    }

    [Test]
    public void A_file_cut_at_any_byte_is_refused([Values] bool gzip, [Values] bool images)
    {
        byte[] whole = MaybeGzip(images ? IdxFiles.Images(12) : IdxFiles.Labels(12), gzip);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            DataException e = Refused(images ? cut : IdxFiles.Images(12), images ? IdxFiles.Labels(12) : cut);
            Assert.That(e.File, Is.EqualTo(folder[images ? "images" : "labels"]), $"{length} bytes");
        }
    }

    [Test]
    public void Bytes_after_the_end_are_refused([Values] bool gzip)
    {
        byte[] trailing = MaybeGzip([.. IdxFiles.Images(12), 0], gzip);
        Assert.That(Refused(trailing, IdxFiles.Labels(12)).Reason, Does.StartWith("has bytes after"));
    }

    [Test]
    public void Bytes_after_the_gzip_data_are_refused()
    {
        byte[] trailing = [.. IdxFiles.Gzip(IdxFiles.Images(12)), 1, 2, 3, 4, 5];
        Assert.That(Refused(trailing, IdxFiles.Labels(12)).Reason, Does.Contain("gzip"));
    }

    [Test]
    public void Gzip_data_with_a_flipped_bit_never_reads_as_something_else()
    {
        byte[] good = IdxFiles.Gzip(IdxFiles.Images(12));
        byte[] expected = IdxFiles.Images(12)[16..];
        int accepted = 0;
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.That(Read(bad, IdxFiles.Labels(12)).Values, Is.EqualTo(expected), $"bit {bit}");
                accepted++;
            }
            catch (DataException)
            {
                // Refused, as it should be.
            }
        }

        // Only the header's time and system, and the bits that fill the last deflated byte, mean nothing.
        Assert.That(accepted, Is.LessThan((10 + 1) * 8));
    }

    [TestCase(0x802u, TestName = "Another magic")]
    [TestCase(0x801u, TestName = "Labels for images")]
    [TestCase(0x08030000u, TestName = "The wrong byte order")]
    public void Other_files_are_refused(uint magic) =>
        Assert.That(Refused(IdxFiles.Make(magic, [1, 2, 3], new byte[6]), IdxFiles.Labels(1)).Reason, Does.StartWith("not an IDX file of images"));

    [Test]
    public void Counts_that_disagree_are_refused()
    {
        DataException e = Refused(IdxFiles.Images(12), IdxFiles.Labels(11));
        Assert.That(e.Message, Is.EqualTo($"{folder["images"]}: holds 12 images, but there are 11 labels"));
    }

    [Test]
    public void A_header_that_claims_fewer_than_there_are_is_refused() =>
        Assert.That(
            Refused(IdxFiles.Make(0x803, [11, 2, 3], new byte[72]), IdxFiles.Labels(11)).Reason, Does.StartWith("has bytes after"));

    [Test]
    public void A_lying_header_costs_no_memory([Values] bool gzip)
    {
        const int Count = 100;
        byte[] images = MaybeGzip(IdxFiles.Make(0x803, [Count, 4096, 1024], new byte[1000]), gzip);
        byte[] labels = IdxFiles.Labels(Count);
        Refused(images, labels);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Refused(images, labels).Reason, Does.StartWith("truncated"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4_000_000));
    }

    [TestCase(0u, 2u, 3u, "dimension 0 is 0")]
    [TestCase(1u, 0u, 3u, "dimension 1 is 0")]
    [TestCase(1u, 2u, 4097u, "dimension 2 is 4097")]
    [TestCase(1u, 0xffffffffu, 3u, "dimension 1 is 4294967295")]
    [TestCase(0x80000000u, 2u, 3u, "dimension 0 is 2147483648")]
    public void Senseless_dimensions_are_refused(uint count, uint rows, uint columns, string reason) =>
        Assert.That(
            Refused(IdxFiles.Make(0x803, [count, rows, columns], []), IdxFiles.Labels(1)).Reason, Does.StartWith(reason));

    [Test]
    public void A_size_beyond_one_array_is_refused()
    {
        byte[] labels = IdxFiles.Labels(200);
        Assert.That(Refused(IdxFiles.Make(0x803, [200, 4096, 4096], []), labels).Reason, Does.StartWith("claims 3355443200 bytes"));
    }

    [Test]
    public void A_label_beyond_the_classes_is_refused()
    {
        DataException e = Refused(IdxFiles.Images(12), IdxFiles.Labels(12), classCount: 9);
        Assert.That(e.Message, Is.EqualTo($"{folder["labels"]}: label 9 of sample 9 is not below the 9 classes"));
        Assert.That(Read(IdxFiles.Images(12), IdxFiles.Labels(12), classCount: 10).Count, Is.EqualTo(12));
    }

    [Test]
    public void A_missing_file_is_named()
    {
        string labels = folder.Write("labels", IdxFiles.Labels(1));
        Assert.That(() => IdxReader.Read(folder["none"], labels), Throws.TypeOf<DataException>().With.Message.EqualTo($"{folder["none"]}: not found"));
        Assert.That(() => IdxReader.Read(folder["a", "b"], labels), Throws.TypeOf<DataException>().With.Message.EndsWith(": not found"));
        Assert.That(() => IdxReader.Read(folder.Path, labels), Throws.TypeOf<DataException>());
    }

    private static byte[] MaybeGzip(byte[] content, bool gzip) => gzip ? IdxFiles.Gzip(content) : content;

    private SampleSet Read(byte[] images, byte[] labels, int? classCount = null) =>
        IdxReader.Read(folder.Write("images", images), folder.Write("labels", labels), classCount);

    private DataException Refused(byte[] images, byte[] labels, int? classCount = null)
    {
        string imagesPath = folder.Write("images", images);
        string labelsPath = folder.Write("labels", labels);
        return Assert.Throws<DataException>(() => IdxReader.Read(imagesPath, labelsPath, classCount))!;
    }
}
