using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Formats;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Pairs of <c>.npy</c> files: numpy's own are read, and whatever is wrong with others is named.</summary>
public sealed class NpyFormatTests
{
    private const string Malformed = "its header is malformed: ";
    private const string Supported = "|u1, <f4, <f8, <i4 and <i8 are supported";

    private TempFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TempFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [TestCase("x_u1", "[2, 2] uint8")]
    [TestCase("x_f4", "[4] float32")]
    [TestCase("x_f4_v2", "[4] float32")]
    [TestCase("x_f8", "[4] float64")]
    [TestCase("x_i4", "[4] int32")]
    [TestCase("x_i8", "[4] int64")]
    public void What_numpy_has_saved_is_read(string x, string expected)
    {
        foreach (string y in (string[])["y_u1", "y_i4", "y_i8"])
        {
            SampleSet set = Open(Npy(x), Npy(y)).ReadAll();
            Assert.That((set.Count, $"{set}"), Is.EqualTo((3, expected)));
            Assert.That(set.Labels, Is.EqualTo((int[])[2, 0, 1]));
            Assert.That(Numbers(set), Is.EqualTo(Enumerable.Range(0, 12).Select(i => set.Element is SampleElement.Float32 or SampleElement.Float64 ? (i / 8.0) - 0.5 : i)));
        }
    }

    [Test]
    public void Selecting_is_reading_all_and_then_selecting([Values] SampleElement element)
    {
        // Samples of 300 elements, so that a file is larger than what one read takes.
        SampleSet set = Random(element, count: 200, [3, 100]);
        ISamples samples = Open(NpyFiles.SamplesOf(set), NpyFiles.LabelsOf(set));
        SampleSet all = samples.ReadAll();
        Assert.That((all.Values, all.Labels, all.Fingerprint()), Is.EqualTo((set.Values, set.Labels, set.Fingerprint())));
        Assert.That(samples.Labels, Is.EqualTo(set.Labels));
        foreach (int[] indices in (int[][])[[], [199], [7, 7, 0], .. Partition.RoundRobin.Deal(set.Labels, 3, seed: 1), .. Partition.Iid.Deal(set.Labels, 3, seed: 1)])
        {
            SampleSet some = samples.Select(indices);
            SampleSet expected = set.Select(indices);
            Assert.That((some.Values, some.Labels, some.Fingerprint()), Is.EqualTo((expected.Values, expected.Labels, expected.Fingerprint())));
        }

        Assert.That(() => samples.Select([0, 200]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => samples.Select([-1]), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Taking_some_samples_takes_the_memory_of_those()
    {
        SampleSet set = Random(SampleElement.Float64, count: 1000, [1000]);
        ISamples samples = Open(NpyFiles.SamplesOf(set), NpyFiles.LabelsOf(set));
        samples.Select([0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        samples.Select([5, 999]);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(200_000));
    }

    [Test]
    public void More_samples_than_fit_are_refused_before_any_is_read()
    {
        const int Billion = 1_000_000_000;
        var samples = new FileSamples(SampleElement.UInt8, [Billion], [new RowFile("x.npy", Offset: 128, Billion, Billion, Count: 3)], [0, 1, 2]);
        Assert.That(
            samples.ReadAll,
            Throws.TypeOf<DataException>().With.Message.EqualTo(
                "x.npy: 3 samples of it are 3000000000 bytes, more than the 2147483591 that a node can hold; deal it out to more nodes"));
    }

    [Test]
    public void The_same_grey_images_have_the_fingerprint_that_they_have_as_idx()
    {
        SampleSet images = Synthetic.Images(9);
        Assert.That(Open(NpyFiles.SamplesOf(images), NpyFiles.LabelsOf(images)).ReadAll().Fingerprint(), Is.EqualTo(images.Fingerprint()));
    }

    [Test]
    public void A_test_set_is_a_pair_of_its_own()
    {
        folder.WriteNpy("data", "train", Random(SampleElement.Float32, 5, [2]));
        DatasetFiles files = DatasetLocator.InDirectory(folder["data"]);
        Assert.That(files.ReadTest, Throws.TypeOf<DataException>().With.Message.EqualTo($"{folder["data"]}: no test files (test_x.npy and test_y.npy)"));
        folder.WriteNpy("data", "test", Random(SampleElement.Float32, 4, [2]));
        Assert.That((files.ReadTrain().Count, files.ReadTest().Count), Is.EqualTo((5, 4)));

        folder.WriteNpy("test-only", "test", Random(SampleElement.Float32, 4, [2]));
        files = DatasetLocator.InDirectory(folder["test-only"]);
        Assert.That(files.ReadTest().Count, Is.EqualTo(4));
        Assert.That(files.ReadTrain, Throws.TypeOf<DataException>().With.Message.EqualTo($"{folder["test-only"]}: no training files (train_x.npy and train_y.npy)"));
    }

    [Test]
    public void A_directory_with_samples_in_two_formats_is_refused()
    {
        folder.WriteNpy("data", "train", Random(SampleElement.Float32, 5, [2]));
        folder.Write("data/data_batch_1.bin", CifarFiles.Make(1));
        Assert.That(
            () => DatasetLocator.InDirectory(folder["data"]),
            Throws.TypeOf<DataException>().With.Message.EqualTo(
                $"{folder["data"]}: holds files of two formats (data_batch_1.bin to data_batch_5.bin; train_x.npy and train_y.npy); leave those of one there"));
    }

    [Test]
    public void A_directory_without_samples_says_what_could_be_in_it()
    {
        folder.Write("data/train_x.npy", Npy("x_f4"));
        Assert.That(
            () => DatasetLocator.InDirectory(folder["data"]),
            Throws.TypeOf<DataException>().With.Message.EqualTo(
                $"{folder["data"]}: no train-images-idx3-ubyte and train-labels-idx1-ubyte (.gz or not); no data_batch_1.bin to data_batch_5.bin;"
                + " no train_x.npy and train_y.npy; no train.npz; no train.csv (.gz or not) and schema.json; no train.parquet and schema.json; no train/CLASS/*.png or .jpg and schema.json in it"));
    }

    [Test]
    public void A_file_cut_at_any_byte_is_refused([Values("x_f4", "x_f4_v2", "y_i8")] string name)
    {
        bool labels = name[0] == 'y';
        byte[] whole = Npy(name);
        for (int length = 0; length < whole.Length; length++)
        {
            DataException e = Refused(labels ? Npy("x_f4") : whole[..length], labels ? whole[..length] : Npy("y_u1"));
            Assert.That(e.File, Is.EqualTo(folder[labels ? "train_y.npy" : "train_x.npy"]), $"{length} bytes");
            string expected = length < 6 ? "not a .npy file"
                : length < 128 ? "truncated within its header"
                : $"truncated: {length - 128} of the {whole.Length - 128} bytes that its header claims";
            Assert.That(e.Reason, Does.StartWith(expected), $"{length} bytes");
        }
    }

    [Test]
    public void Bytes_after_the_end_are_refused() =>
        Assert.That(Refused([.. Npy("x_f4"), 0], Npy("y_u1")).Reason, Is.EqualTo("has bytes after the 48 that its header claims"));

    [TestCase("x_f4_v3", "is of the format version 3.0; 1.0 and 2.0 are supported")]
    [TestCase("x_fortran", "is in Fortran order; save it as numpy.ascontiguousarray(…)")]
    [TestCase("x_big_endian", "its elements are big-endian ('>f4'); save it as x.astype('<f4')")]
    [TestCase("x_half", $"its elements are '<f2'; {Supported}: save it as x.astype('<f4')")]
    [TestCase("x_object", $"its elements are Python objects, which are never read; {Supported}: save numbers as x.astype('<f4'), or bring a table, which has names (docs/reference/data.md)")]
    [TestCase("x_fields", $"its elements are records of several fields; {Supported}: save each field by itself")]
    [TestCase("x_flat", "has the shape (3,); it should be (samples, values): save it as x.reshape(len(x), -1)")]
    [TestCase("x_scalar", "has the shape (); it should be (samples, values): save it as x.reshape(len(x), -1)")]
    [TestCase("x_empty", "has the shape (0, 4), in which there is nothing")]
    public void Samples_that_numpy_has_saved_otherwise_are_refused(string x, string reason) =>
        Assert.That(Refused(Npy(x), Npy("y_u1")).Message, Is.EqualTo($"{folder["train_x.npy"]}: {reason}"));

    [TestCase("y_one_hot", "has the shape (3, 3); labels are one number a sample, (3,): save these, which are one-hot, as y.argmax(1)")]
    [TestCase("y_four", "holds 4 labels, but there are 3 samples")]
    [TestCase("x_half", $"its elements are '<f2'; {Supported}: save numbers that are to be predicted as y.astype('<f4'), classes as y.astype('<i4')")]
    public void Labels_that_numpy_has_saved_otherwise_are_refused(string y, string reason) =>
        Assert.That(Refused(Npy("x_f4"), Npy(y)).Message, Is.EqualTo($"{folder["train_y.npy"]}: {reason}"));

    [TestCase("|b1", $"save classes as y.astype('<i4')")]
    [TestCase("|i1", $"save classes as y.astype('<i4')")]
    [TestCase("<U6", "number the classes alike at all parties")]
    [TestCase("|S6", "number the classes alike at all parties")]
    [TestCase("|O", "Python objects, which are never read; |u1, <f4, <f8, <i4 and <i8 are supported: number the classes alike at all parties")]
    [TestCase(">i4", "big-endian ('>i4'); save it as y.astype('<i4')")]
    [TestCase(">i2", "save classes as y.astype('<i4')")]
    public void What_helps_with_labels_of_another_type_leads_on(string descr, string says) =>
        Assert.That(Refused(Npy("x_f4"), NpyFiles.Make(descr, "(3,)", new byte[12])).Reason, Does.Contain(says));

    [TestCase("|i1", "save pixels from 0 to 255 as x.astype('|u1'), tokens as x.astype('<i4'), other numbers as x.astype('<f4')")]
    [TestCase("|b1", "save it as x.astype('<f4')")]
    public void What_helps_with_samples_of_another_type_leads_on(string descr, string says) =>
        Assert.That(Refused(NpyFiles.Make(descr, "(3, 4)", new byte[12]), Npy("y_u1")).Reason, Does.Contain(says));

    [Test]
    public void Labels_in_a_column_are_labels()
    {
        byte[] column = NpyFiles.Make("<i4", "(3, 1)", MemoryMarshal.AsBytes<int>((int[])[2, 0, 1]).ToArray());
        Assert.That(Open(Npy("x_f4"), column).Labels, Is.EqualTo((int[])[2, 0, 1]));
    }

    [Test]
    public void Several_labels_of_a_sample_are_not_taken_for_one_hot()
    {
        byte[] several = NpyFiles.Make("<i4", "(3, 2)", MemoryMarshal.AsBytes<int>((int[])[1, 0, 1, 1, 0, 1]).ToArray());
        Assert.That(
            Refused(Npy("x_f4"), several).Reason,
            Is.EqualTo("has the shape (3, 2); labels are one number a sample, (3,): 2 of them for each sample cannot be learned at once; save one of the columns, y[:, i]"));
    }

    [Test]
    public void Samples_without_labels_are_read_where_none_are_asked_for()
    {
        folder.Write("test_x.npy", Npy("x_f4"));
        SampleSet set = DatasetFiles.Find(folder.Path, new DatasetInfo("t", 0.5, 0.5, null), labels: false)!.ReadTest();
        Assert.That((set.Count, set.IsLabelled), Is.EqualTo((3, false)));
        Assert.That(DatasetFiles.Find(folder.Path, new DatasetInfo("t", 0.5, 0.5, null)), Is.Null);
    }

    [TestCase(-1, null, "label -1 of sample 1 is not from 0 to 2147483646")]
    [TestCase(int.MaxValue, null, "label 2147483647 of sample 1 is not from 0 to 2147483646")]
    [TestCase(1L << 40, null, "label 1099511627776 of sample 1 is not from 0 to 2147483646")]
    [TestCase(10, 10, "label 10 of sample 1 is not from 0 to 9")]
    public void A_label_beyond_the_classes_is_refused(long label, int? classCount, string reason)
    {
        byte[] y = Npy("y_i8");
        BinaryPrimitives.WriteInt64LittleEndian(y.AsSpan(128 + 8), label);
        Assert.That(Refused(Npy("x_f4"), y, classCount).Message, Is.EqualTo($"{folder["train_y.npy"]}: {reason}"));
    }

    [Test]
    public void More_than_256_classes_are_read()
    {
        byte[] y = Npy("y_i4");
        BinaryPrimitives.WriteInt32LittleEndian(y.AsSpan(128 + 4), 70_000);
        SampleSet set = Open(Npy("x_f4"), y).ReadAll();
        Assert.That(set.ClassesSeen(), Is.EqualTo(70_001));
    }

    [TestCase("<f4", "(3,)", 1)]
    [TestCase("<f8", "(3,)", 1)]
    [TestCase("<f4", "(3, 2)", 2)]
    [TestCase("<f8", "(3, 1)", 1)]
    public void Labels_that_are_numbers_are_read_as_numbers(string descr, string shape, int width)
    {
        double[] numbers = [.. Enumerable.Range(0, 3 * width).Select(i => (i * 0.25) - 1)];
        byte[] content = descr == "<f8"
            ? MemoryMarshal.AsBytes<double>(numbers).ToArray()
            : MemoryMarshal.AsBytes<float>(Array.ConvertAll(numbers, n => (float)n)).ToArray();
        ISamples samples = Open(Npy("x_f4"), NpyFiles.Make(descr, shape, content));
        Assert.That((samples.Count, samples.Targets?.Width, samples.Labels.Max()), Is.EqualTo((3, (int?)width, 0)));
        SampleSet part = samples.Select([2, 0]);
        Assert.That(part.Targets!.Values, Is.EqualTo((double[])[.. numbers[(2 * width)..], .. numbers[..width]]));
        Assert.That((part.ClassesSeen(), samples.ReadAll().ClassesSeen()), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Numbers_that_numpy_has_saved_are_read() => Assert.That(
        Open(Npy("x_f4"), Npy("y_f8")).ReadAll().Targets!.Values, Is.EqualTo(Open(Npy("x_f4"), Npy("y_i8")).Labels.Select(l => (double)l)));

    [TestCase("(4,)", 4, "holds 4 labels, but there are 3 samples")]
    [TestCase("(3, 1, 1)", 3, "has the shape (3, 1, 1); labels that are numbers have (3,) or (3, values)")]
    [TestCase("(3, 0)", 0, "has the shape (3, 0), in which there is nothing")]
    public void Numbers_that_are_no_labels_are_refused(string shape, int count, string reason) =>
        Assert.That(Refused(Npy("x_f4"), NpyFiles.Make("<f8", shape, new byte[8 * count])).Message, Is.EqualTo($"{folder["train_y.npy"]}: {reason}"));

    [Test]
    public void A_label_that_is_no_number_is_refused() => Assert.That(
        Refused(Npy("x_f4"), NpyFiles.Make("<f8", "(3, 2)", MemoryMarshal.AsBytes<double>([1, 2, 3, double.NaN, 5, 6]).ToArray())).Reason,
        Is.EqualTo("the label of sample 1 is NaN, which is not a finite number; replace it, or leave the sample out"));

    [TestCase(float.NaN, "NaN")]
    [TestCase(float.PositiveInfinity, "Infinity")]
    [TestCase(float.NegativeInfinity, "-Infinity")]
    public void A_number_that_is_none_is_refused_where_it_is_taken(float value, string name)
    {
        byte[] narrow = Npy("x_f4");
        BinaryPrimitives.WriteSingleLittleEndian(narrow.AsSpan(128 + (4 * 9)), value);
        byte[] wide = Npy("x_f8");
        BinaryPrimitives.WriteDoubleLittleEndian(wide.AsSpan(128 + (8 * 9)), value);
        foreach (byte[] x in (byte[][])[narrow, wide])
        {
            ISamples samples = Open(x, Npy("y_u1"));
            string message = $"{folder["train_x.npy"]}: value 1 of sample 2 is {name}, which is not a finite number; replace it, or leave the sample out";
            Assert.That(() => samples.Select([0, 2]), Throws.TypeOf<DataException>().With.Message.EqualTo(message));
            Assert.That(samples.ReadAll, Throws.TypeOf<DataException>().With.Message.EqualTo(message));
            Assert.That(samples.Select([0, 1]).Count, Is.EqualTo(2));
        }
    }

    [Test]
    public void A_negative_token_is_refused()
    {
        byte[] narrow = Npy("x_i4");
        BinaryPrimitives.WriteInt32LittleEndian(narrow.AsSpan(128 + (4 * 4)), -7);
        byte[] wide = Npy("x_i8");
        BinaryPrimitives.WriteInt64LittleEndian(wide.AsSpan(128 + (8 * 4)), -7);
        foreach (byte[] x in (byte[][])[narrow, wide])
        {
            ISamples samples = Open(x, Npy("y_u1"));
            Assert.That(
                samples.ReadAll,
                Throws.TypeOf<DataException>().With.Message.EqualTo($"{folder["train_x.npy"]}: value 0 of sample 1 is -7, which is negative; tokens count from 0"));
        }
    }

    // The keys in another order, other quotes, other spaces, no comma at the end.
    [TestCase("{'shape': (3, 4), 'descr': '<f4', 'fortran_order': False}\n")]
    [TestCase("{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (3, 4,), }\n")]
    [TestCase("  { 'descr' :'<f4' ,'fortran_order':False,'shape':( 3,4 ) , }    \n")]
    public void What_Python_would_read_alike_is_read_alike(string text) =>
        Assert.That(Open(NpyFiles.WithText(text, Npy("x_f4")[128..]), Npy("y_u1")).ReadAll().Values, Is.EqualTo(Npy("x_f4")[128..]));

    [TestCase("", "there is no '{' at character 0")]
    [TestCase("[]\n", "there is no '{' at character 0")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)\n", "there is no '}' at character 56")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", "the dictionary is not followed by spaces and one newline")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n\n", "the dictionary is not followed by spaces and one newline")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } or 1\n", "the dictionary is not followed by spaces and one newline")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, }\n", "of the keys descr, fortran_order and shape one is missing")]
    [TestCase("{}\n", "of the keys descr, fortran_order and shape one is missing")]
    [TestCase("{'descr': '<f4', 'descr': '<f4', }\n", "the key 'descr' is unknown or there twice")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, }\n", "the key 'fortran_order' is unknown or there twice")]
    [TestCase("{'shape': (), 'shape': (), }\n", "the key 'shape' is unknown or there twice")]
    [TestCase("{'order': 1, }\n", "the key 'order' is unknown or there twice")]
    [TestCase("{descr: '<f4', }\n", "there is no plain string at character 1")]
    [TestCase("{'descr\n", "there is no plain string at character 1")]
    [TestCase("{'descr\u001b[31m': 1}\n", "there is no plain string at character 1")]
    [TestCase("{'de\\x73cr': '<f4'}\n", "there is no plain string at character 1")]
    [TestCase("{'descr' '<f4'}\n", "there is no ':' at character 9")]
    [TestCase("{'descr': numpy.float32}\n", "there is no plain string at character 10")]
    [TestCase("{'fortran_order': 0}\n", "there is neither True nor False at character 18")]
    [TestCase("{'shape': [3, 4]}\n", "there is no '(' at character 10")]
    [TestCase("{'shape': (3, -4)}\n", "there is no number from 0 to 9223372036854775807 at character 14")]
    [TestCase("{'shape': (3, 4L)}\n", "there is no ')' at character 15")]
    [TestCase("{'shape': (3, 9223372036854775808)}\n", "there is no number from 0 to 9223372036854775807 at character 14")]
    [TestCase("{'shape': (3, 4", "there is no number from 0 to 9223372036854775807 at character 14")]
    [TestCase("{'shape': (3, ", "there is no number from 0 to 9223372036854775807 at character 14")]
    [TestCase("{'shape': (3 4)}\n", "there is no ')' at character 13")]
    public void A_header_that_is_something_else_is_refused(string text, string reason) => Assert.That(
        Refused(NpyFiles.WithText(text, Npy("x_f4")[128..]), Npy("y_u1")).Message,
        Is.EqualTo($"{folder["train_x.npy"]}: {Malformed}{reason}; write it with numpy.save"));

    [TestCase("(9223372036854775807, 9223372036854775807, 9223372036854775807)", "truncated: 48 of the 9223372036854775807 bytes that its header claims")]
    [TestCase("(3, 4, 1, 1, 1, 1, 1, 1, 1, 1)", "has 10 dimensions; up to 9 are supported")]
    [TestCase("(3, 0, 9223372036854775807)", "has bytes after the 0 that its header claims")]
    public void Senseless_shapes_are_refused(string shape, string reason) =>
        Assert.That(Refused(NpyFiles.Make("<f4", shape, Npy("x_f4")[128..]), Npy("y_u1")).Reason, Is.EqualTo(reason));

    [Test]
    public void A_header_that_claims_too_much_costs_no_memory()
    {
        byte[] x = [0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0x7F, .. new byte[100]];
        Refused(x, Npy("y_u1"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Refused(x, Npy("y_u1")).Reason, Is.EqualTo("claims a header of 2147483647 bytes; up to 10000 are supported"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    private static byte[] Npy(string name) => File.ReadAllBytes(Golden.PathOf($"npy/{name}.npy"));

    /// <summary>Numbers in [0, 1), or tokens of any size.</summary>
    private static SampleSet Random(SampleElement element, int count, long[] shape)
    {
        var random = new SeededRandom(5);
        int[] draws = [.. Enumerable.Range(0, count * (int)shape.Aggregate((a, b) => a * b)).Select(_ => random.Next(int.MaxValue))];
        byte[] values = element switch
        {
            SampleElement.UInt8 => Array.ConvertAll(draws, d => (byte)d),
            SampleElement.Float32 => Bytes(Array.ConvertAll(draws, d => (float)d / int.MaxValue)),
            SampleElement.Float64 => Bytes(Array.ConvertAll(draws, d => (double)d / int.MaxValue)),
            SampleElement.Int32 => Bytes(draws),
            _ => Bytes(Array.ConvertAll(draws, d => (long)d << 31)),
        };
        return new SampleSet(element, shape, values, [.. Enumerable.Range(0, count).Select(_ => random.Next(1000))]);
    }

    private static byte[] Bytes<T>(T[] values)
        where T : struct => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static double[] Numbers(SampleSet set) => set.Element switch
    {
        SampleElement.UInt8 => [.. set.Values.Select(v => (double)v)],
        SampleElement.Float32 => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(set.Values).ToArray(), v => (double)v),
        SampleElement.Float64 => MemoryMarshal.Cast<byte, double>(set.Values).ToArray(),
        SampleElement.Int32 => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(set.Values).ToArray(), v => (double)v),
        _ => Array.ConvertAll(MemoryMarshal.Cast<byte, long>(set.Values).ToArray(), v => (double)v),
    };

    private ISamples Open(byte[] x, byte[] y, int? classCount = null)
    {
        folder.Write("train_x.npy", x);
        folder.Write("train_y.npy", y);
        return new NpyFormat().Open(folder.Path, DatasetPart.Train, classCount);
    }

    private DataException Refused(byte[] x, byte[] y, int? classCount = null) => Assert.Throws<DataException>(() => Open(x, y, classCount))!;
}
