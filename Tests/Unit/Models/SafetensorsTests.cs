using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Files;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>safetensors files: the same bytes as an independent writer, and no harm from bad ones.</summary>
public sealed class SafetensorsTests
{
    private const string OneFloat = """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    private static readonly Dictionary<string, string> GoldenMetadata = new(StringComparer.Ordinal) { ["model"] = "mlp", ["epoch"] = "3" };

    private static readonly SafetensorsTensor[] GoldenTensors =
    [
        new("rng", "U8", [5], new byte[] { 1, 2, 3, 254, 255 }),
        new("optimizer.square_avg", "F64", [2, 2], Bytes(0.1, -0.0, 1e300, 5e-324)),
        new("step", "I64", [], Bytes(-(1L << 40))),
        new("0.weight θ", "F32", [2, 3], Bytes(0f, 1f, -1.5f, 0.1f, float.MaxValue, float.Epsilon)),
        new("0.bias", "F32", [0], Bytes<float>()),
    ];

    private TempFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TempFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void Writes_the_bytes_of_the_independent_writer()
    {
        SafetensorsWriter.Write(folder["file"], GoldenTensors, GoldenMetadata);
        Assert.That(File.ReadAllBytes(folder["file"]), Is.EqualTo(File.ReadAllBytes(Golden.PathOf("golden.safetensors"))));
    }

    [Test]
    public void Reads_the_file_of_the_independent_writer()
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Golden.PathOf("golden.safetensors"));
        Assert.That(reader.Metadata, Is.EquivalentTo(GoldenMetadata));
        Assert.That(reader.Tensors.Select(t => t.Name), Is.EquivalentTo(GoldenTensors.Select(t => t.Name)));
        foreach (SafetensorsTensor expected in GoldenTensors)
        {
            SafetensorsEntry entry = reader.Tensors.Single(t => t.Name == expected.Name);
            Assert.That(entry.Dtype, Is.EqualTo(expected.Dtype));
            Assert.That(entry.Shape, Is.EqualTo(expected.Shape));
            Assert.That(reader.Read(entry), Is.EqualTo(expected.Data.ToArray()));
        }
    }

    [Test]
    public void Any_names_text_and_bytes_round_trip() =>
        Prop.ForAll<NonNull<string>, NonNull<string>, byte[]>((name, text, bytes) =>
        {
            // A lone surrogate is not text: UTF-8 cannot hold it.
            string unicode = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name.Get));
            string value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            SafetensorsTensor[] tensors = [new(unicode, "U8", [bytes.Length, 1], bytes), new(unicode + "2", "I8", [bytes.Length], bytes)];
            SafetensorsWriter.Write(folder["file"], tensors, new Dictionary<string, string>(StringComparer.Ordinal) { [unicode] = value });
            using SafetensorsReader reader = SafetensorsReader.Open(folder["file"]);
            return reader.Metadata[unicode] == value
                && reader.Tensors.Count == 2
                && reader.Tensors.All(t => reader.Read(t).AsSpan().SequenceEqual(bytes));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_file_without_tensors_is_a_file()
    {
        SafetensorsWriter.Write(folder["file"], []);
        using SafetensorsReader reader = SafetensorsReader.Open(folder["file"]);
        Assert.That(reader.Tensors, Is.Empty);
        Assert.That(reader.Metadata, Is.Empty);
    }

    [Test]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Golden.PathOf("golden.safetensors"));
        for (int length = 0; length < whole.Length; length++)
        {
            Refused(whole[..length]);
        }

        Assert.That(Refused([.. whole, 0]).Message, Does.Contain("1 bytes after its last tensor"));
    }

    [Test]
    public void A_flipped_bit_in_the_header_brings_no_other_exception()
    {
        byte[] whole = File.ReadAllBytes(Golden.PathOf("golden.safetensors"));
        int end = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(whole);
        int refused = 0;
        for (int bit = 0; bit < end * 8; bit++)
        {
            byte[] bad = [.. whole];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using SafetensorsReader reader = SafetensorsReader.Open(folder.Write("file", bad));
                Assert.That(reader.Tensors.Sum(t => reader.Read(t).Length), Is.EqualTo(whole.Length - end), $"bit {bit}");
            }
            catch (SafetensorsException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(1000));
    }

    [TestCase("""[]""", 0, "does not begin with '{'")]
    [TestCase(""" {}""", 0, "does not begin with '{'")]
    [TestCase("""{""", 0, "not valid JSON")]
    [TestCase("""{"w":1}""", 0, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1]}}""", 4, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}""", 4, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "tensor w has not the dtype")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "lies at 4 to 0")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 4, "lies at 4 to 8 of 4 bytes")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}""", 4, "lies at 0 to")]
    [TestCase("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "not F32[2]")]
    [TestCase("""{"w":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "not F33[1]")]
    [TestCase("""{"w":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4, "not F32[")]
    [TestCase("""{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "not F32[")]
    [TestCase("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "leaves a gap")]
    [TestCase("""{"v":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "overlaps")]
    [TestCase("""{"v":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4, "overlaps")]
    [TestCase("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "not valid JSON")]
    [TestCase("""{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0077":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "not valid JSON")]
    [TestCase("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4, "not valid JSON")]
    [TestCase("""{"__metadata__":1}""", 0, "metadata is not an object")]
    [TestCase("""{"__metadata__":{"epoch":1}}""", 0, "metadata epoch is not text")]
    [TestCase("""{"w":[[[[[[[[[[]]]]]]]]]]}""", 0, "not valid JSON")]
    public void A_lying_header_is_refused(string header, int dataLength, string reason) =>
        Assert.That(Refused(Make(header, new byte[dataLength])).Message, Does.StartWith(folder["file"] + ": ").And.Contain(reason));

    [Test]
    public void A_header_that_is_too_long_is_refused_before_memory_is_taken()
    {
        foreach (ulong length in (ulong[])[ulong.MaxValue, 1UL << 63, 100_000_001, 99_999_999])
        {
            byte[] file = Make(OneFloat, new byte[4]);
            BinaryPrimitives.WriteUInt64LittleEndian(file, length);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Refused(file);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000), $"{length}");
        }
    }

    [Test]
    public void Unknown_properties_and_white_space_are_passed_over()
    {
        string header = """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"new":{}}}   """;
        using SafetensorsReader reader = SafetensorsReader.Open(folder.Write("file", Make(header, [1, 2, 3, 4])));
        byte[] target = new byte[4];
        reader.Read(reader.Tensors[0], target);
        Assert.That(target, Is.EqualTo((byte[])[1, 2, 3, 4]));
        Assert.That(() => reader.Read(reader.Tensors[0], new byte[3]), Throws.ArgumentException);
    }

    [Test]
    public void A_missing_file_is_named() =>
        Assert.That(() => SafetensorsReader.Open(folder["none"]), Throws.TypeOf<SafetensorsException>().With.Message.EqualTo($"{folder["none"]}: not found"));

    [Test]
    public void What_does_not_fit_is_not_written()
    {
        SafetensorsTensor good = new("w", "F32", [1], new byte[4]);
        Assert.That(Writing(good with { Data = new byte[3] }), Throws.ArgumentException);
        Assert.That(Writing(good with { Dtype = "float" }), Throws.ArgumentException);
        Assert.That(Writing(good with { Shape = [-1] }), Throws.ArgumentException);
        Assert.That(Writing(good, good), Throws.ArgumentException);
        Assert.That(Writing(good with { Name = "__metadata__" }), Throws.ArgumentException);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_file_is_replaced_whole_or_stays_as_it_was()
    {
        SafetensorsTensor tensor = new("w", "U8", [1], new byte[] { 1 });
        SafetensorsWriter.Write(folder["file"], [tensor]);
        SafetensorsWriter.Write(folder["file"], [tensor with { Data = new byte[] { 2 } }]);
        Assert.That(File.ReadAllBytes(folder["file"])[^1], Is.EqualTo(2));

        Directory.CreateDirectory(folder["directory"]);
        Assert.That(() => SafetensorsWriter.Write(folder["directory"], [tensor]), Throws.InstanceOf<IOException>().Or.TypeOf<UnauthorizedAccessException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EquivalentTo((string[])[folder["file"], folder["directory"]]));
    }

    private static byte[] Bytes<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    private static byte[] Make(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        return [.. prefix, .. json, .. data];
    }

    private Action Writing(params SafetensorsTensor[] tensors) => () => SafetensorsWriter.Write(folder["file"], tensors);

    private SafetensorsException Refused(byte[] content)
    {
        string path = folder.Write("file", content);
        return Assert.Throws<SafetensorsException>(() => SafetensorsReader.Open(path).Dispose())!;
    }
}
