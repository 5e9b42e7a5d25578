using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Tensors;

/// <summary>Descriptors as a peer may write them, and those that contradict themselves, the payload or the limits.</summary>
public sealed class TensorSectionTests
{
    private const long Max = int.MaxValue;

    private static IEnumerable<TestCaseData> Sections()
    {
        yield return Case("nil", ProtocolError.MalformedMetadata, null);
        yield return Case("a number", ProtocolError.MalformedMetadata, 1);
        yield return Case("text", ProtocolError.MalformedMetadata, "x");
        yield return Case("a map", ProtocolError.MalformedMetadata, Array.Empty<(object?, object?)>());
        yield return Case("a number for a descriptor", ProtocolError.MalformedMetadata, new object[] { 1 });
        yield return Case("nil for a descriptor", ProtocolError.MalformedMetadata, new object?[] { null });
        yield return Case("17 tensors", ProtocolError.LimitExceeded, Enumerable.Repeat(Descriptor(shape: 0L, wire: 0), 17).ToArray());
        yield return Case("five fields", ProtocolError.MalformedTensor, new object[] { Descriptor()[..5] });
        yield return Case("seven fields", ProtocolError.MalformedTensor, new object[] { (object?[])[.. Descriptor(), 1] });

        yield return Bad("the name nil", ProtocolError.MalformedTensor, 0, null);
        yield return Bad("the name a number", ProtocolError.MalformedMetadata, 0, 1);
        yield return Bad("a name of 65 bytes", ProtocolError.MalformedTensor, 0, new string('n', 65));
        yield return Bad("a name that is no UTF-8", ProtocolError.MalformedMetadata, 0, new byte[] { 0xA1, 0xFF });
        yield return Bad("element type 0", ProtocolError.MalformedTensor, 1, 0);
        yield return Bad("element type 4", ProtocolError.MalformedTensor, 1, 4);
        yield return Bad("element type 257, which is 1 in a byte", ProtocolError.MalformedMetadata, 1, 257);
        yield return Bad("element type -255, which is 1 in a byte", ProtocolError.MalformedMetadata, 1, -255);
        yield return Bad("element type by name", ProtocolError.MalformedMetadata, 1, "float32");
        yield return Bad("the shape nil", ProtocolError.MalformedMetadata, 2, null);
        yield return Bad("the shape a number", ProtocolError.MalformedMetadata, 2, 1);
        yield return Bad("nine dimensions", ProtocolError.LimitExceeded, 2, Enumerable.Repeat((object)1, 9).ToArray());
        yield return Bad("a negative dimension", ProtocolError.MalformedTensor, 2, new object[] { -1 });
        yield return Bad("two negative dimensions", ProtocolError.MalformedTensor, 2, new object[] { -1, -1 });
        yield return Bad("a dimension that is a float", ProtocolError.MalformedMetadata, 2, new object[] { 1.0 });
        yield return Bad("a dimension over 63 bits", ProtocolError.MalformedMetadata, 2, new object[] { ulong.MaxValue });
        yield return Bad("dimensions that overflow", ProtocolError.LimitExceeded, 2, new object[] { 1L << 31, 1L << 31 });
        yield return Bad("dimensions that overflow to the right number", ProtocolError.LimitExceeded, 2, new object[] { (1L << 62) + 1 });
        yield return Bad("2 GiB", ProtocolError.LimitExceeded, 2, new object[] { 1L << 29 });
        yield return Bad("encoding 2", ProtocolError.MalformedTensor, 3, 2);
        yield return Bad("encoding 256", ProtocolError.MalformedMetadata, 3, 256);
        yield return Bad("encoding nil", ProtocolError.MalformedMetadata, 3, null);
        yield return Bad("a negative length", ProtocolError.MalformedTensor, 4, -4);
        yield return Bad("a shorter length than the shape's", ProtocolError.MalformedTensor, 4, 3);
        yield return Bad("a longer length than the shape's", ProtocolError.MalformedTensor, 4, 5);
        yield return Bad("a length of 2^63 - 1", ProtocolError.MalformedTensor, 4, long.MaxValue);
        yield return Bad("a length over 63 bits", ProtocolError.MalformedMetadata, 4, ulong.MaxValue);
        yield return Bad("a checksum of 33 bits", ProtocolError.MalformedMetadata, 5, 1L << 32);
        yield return Bad("a negative checksum", ProtocolError.MalformedMetadata, 5, -1);
        yield return Bad("a checksum in text", ProtocolError.MalformedMetadata, 5, "0");

        yield return Case("LZ4 of nothing", ProtocolError.MalformedTensor, new object[] { Descriptor(shape: 1000L, wire: 0, encoding: 1) });
        yield return Case("LZ4 as long as raw", ProtocolError.MalformedTensor, new object[] { Descriptor(shape: 1000L, wire: 4000, encoding: 1) });
        yield return Case("LZ4 of no elements", ProtocolError.MalformedTensor, new object[] { Descriptor(shape: 0L, wire: 1, encoding: 1) });
        yield return Case("an LZ4 bomb", ProtocolError.MalformedTensor, new object[] { Descriptor(shape: 1024L * 1024, wire: 4, encoding: 1) });
        yield return Case("an LZ4 bomb just over what a block can be", ProtocolError.MalformedTensor, new object[] { Descriptor(shape: 320L, wire: 4, encoding: 1) });
        yield return Case("an LZ4 bomb over the limit", ProtocolError.LimitExceeded, new object[] { Descriptor(shape: Max, wire: 4, encoding: 1) });
        yield return Case("more than the payload", ProtocolError.MalformedTensor, new object[] { Descriptor(), Descriptor() });
        yield return Case("less than the payload", ProtocolError.MalformedTensor, Array.Empty<object>());

        static TestCaseData Case(string name, ProtocolError expected, object? section) =>
            new TestCaseData(section, expected).SetArgDisplayNames(name);

        static TestCaseData Bad(string name, ProtocolError expected, int field, object? value)
        {
            object?[] descriptor = Descriptor();
            descriptor[field] = value;
            return Case(name, expected, new object[] { descriptor });
        }
    }

    [TestCaseSource(nameof(Sections))]
    public void Refuses_what_contradicts_itself_the_payload_or_a_limit(object? section, ProtocolError expected) =>
        Assert.That(Frames.ErrorOf(Frames.WithTensors(section, new byte[4])), Is.EqualTo(expected));

    [Test]
    public void Refuses_a_payload_that_no_tensor_describes() =>
        Assert.That(Frames.ErrorOf(Frames.Make(MessageType.Heartbeat, Pack.Map(), new byte[4])), Is.EqualTo(ProtocolError.MalformedTensor));

    [Test]
    public void Takes_16_tensors_of_8_dimensions_with_names_of_64_bytes()
    {
        object shape = Enumerable.Repeat((object)1, 8).ToArray();
        object[] section = [.. Enumerable.Repeat((object)new object?[] { new string('n', 64), 1, shape, 0, 4, null }, 16)];
        ReceivedFrame frame = Frames.Read(Frames.WithTensors(section, new byte[64]))!;
        Assert.That(frame.Descriptors, Has.Count.EqualTo(16));
        Assert.That(frame.Descriptors[15].Shape, Has.Length.EqualTo(8));
    }

    [Test]
    public void Takes_a_scalar_and_tensors_without_elements()
    {
        object[] section =
        [
            new object?[] { "scalar", 2, Array.Empty<object>(), 0, 8, null },
            new object?[] { "none", 3, new object[] { 0 }, 0, 0, 0 },
            new object?[] { "none of many", 1, new object[] { 7, 0, 1L << 40 }, 0, 0, null },
        ];
        ReceivedFrame frame = Frames.Read(Frames.WithTensors(section, new byte[8]))!;
        Assert.That(frame.Descriptors.Select(d => d.RawLength), Is.EqualTo(new[] { 8, 0, 0 }));
    }

    [Test]
    public void Refuses_an_LZ4_block_that_is_none()
    {
        byte[] noise = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 151))];
        Assert.That(Frames.ErrorOf(Frames.WithTensors(new object[] { Descriptor(shape: 1000L, wire: 64, encoding: 1) }, noise)), Is.EqualTo(ProtocolError.MalformedTensor));
    }

    [TestCase(-1)]
    [TestCase(1)]
    public void Refuses_an_LZ4_block_of_another_length(int difference)
    {
        byte[] block = new byte[8192];
        int length = K4os.Compression.LZ4.LZ4Codec.Encode(new byte[4000 + (4 * difference)], block);
        byte[] frame = Frames.WithTensors(new object[] { Descriptor(shape: 1000L, wire: length, encoding: 1) }, block[..length]);
        Assert.That(Frames.ErrorOf(frame), Is.EqualTo(ProtocolError.MalformedTensor));
    }

    [Test]
    public void Refuses_a_tensor_whose_checksum_does_not_match()
    {
        object?[] descriptor = Descriptor();
        descriptor[5] = Crc32C.Compute(new byte[4]);
        Assert.That(Frames.Read(Frames.WithTensors(new object[] { descriptor }, new byte[4])), Is.Not.Null);
        Assert.That(Frames.ErrorOf(Frames.WithTensors(new object[] { descriptor }, [0, 0, 1, 0])), Is.EqualTo(ProtocolError.ChecksumMismatch));
    }

    [Test]
    public void A_known_role_costs_no_string()
    {
        ReceivedFrame frame = Frames.Read(Frames.WithTensors(new object[] { Descriptor() }, new byte[4]))!;
        Assert.That(frame.Descriptors[0].Name, Is.SameAs(TensorNames.ParameterGradients));
    }

    private static object?[] Descriptor(object? shape = null, long wire = 4, int encoding = 0) =>
        [TensorNames.ParameterGradients, 1, shape is null ? new object[] { 1 } : new[] { shape }, encoding, wire, null];
}
