using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>Every message with its tensors over a stream that is whole, in pieces, cut short, or damaged.</summary>
public sealed class FrameReaderTests
{
    private static readonly (string Name, TensorEncodingOptions Options)[] Encodings =
        [("checked", FrameSample.Checked), ("unchecked", FrameSample.Unchecked), ("lz4", FrameSample.Lz4), ("unchecked lz4", FrameSample.UncheckedLz4)];

    private static IEnumerable<TestCaseData> Cases() =>
        from sample in FrameSample.All
        from encoding in Encodings
        select new TestCaseData(sample, encoding.Options).SetArgDisplayNames($"{sample}, {encoding.Name}");

    [TestCaseSource(nameof(Cases))]
    public void Reads_back_what_was_written(object sample, TensorEncodingOptions options)
    {
        var expected = (FrameSample)sample;
        byte[] bytes = expected.Encode(options);
        var reader = new FrameReader(new PieceStream(bytes));
        expected.AssertEqual(Frames.Read(reader));
        Assert.That(reader.BytesRead, Is.EqualTo(bytes.Length));
        Assert.That(Frames.Read(reader), Is.Null, "the end, between two frames");
    }

    [TestCaseSource(nameof(Cases))]
    public void Reads_the_same_however_the_bytes_come(object sample, TensorEncodingOptions options)
    {
        var expected = (FrameSample)sample;
        byte[] bytes = expected.Encode(options);
        expected.AssertEqual(Frames.Read(PieceStream.ByteByByte(bytes)));
        for (int offset = 0; offset <= bytes.Length; offset++)
        {
            expected.AssertEqual(Frames.Read(PieceStream.SplitAt(bytes, offset)));
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void A_stream_that_ends_inside_a_frame_is_truncated_at_every_offset(object sample, TensorEncodingOptions options)
    {
        byte[] bytes = ((FrameSample)sample).Encode(options);
        Assert.That(Frames.Read(bytes[..0]), Is.Null);
        for (int length = 1; length < bytes.Length; length++)
        {
            Assert.That(Frames.ErrorOf(bytes[..length]), Is.EqualTo(ProtocolError.Truncated), $"cut at {length}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Skipping_a_tensor_ends_at_the_same_place_as_reading_it(object sample, TensorEncodingOptions options)
    {
        byte[] bytes = ((FrameSample)sample).Encode(options);
        for (int length = Frames.HeadLength(bytes); length < bytes.Length; length++)
        {
            int cut = length;
            ProtocolException e = Assert.Throws<ProtocolException>((Action)(() => SkipAll(new FrameReader(new PieceStream(bytes[..cut])))))!;
            Assert.That(e.Error, Is.EqualTo(ProtocolError.Truncated), $"cut at {cut}");
        }

        var reader = new FrameReader(PieceStream.ByteByByte([.. bytes, .. bytes]));
        SkipAll(reader);
        ((FrameSample)sample).AssertEqual(Frames.Read(reader));
    }

    [TestCaseSource(nameof(Cases))]
    public void A_flipped_bit_is_found_wherever_a_checksum_covers_it(object sample, TensorEncodingOptions options)
    {
        var original = (FrameSample)sample;
        byte[] bytes = original.Encode(options);
        int headLength = Frames.HeadLength(bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                ReceivedFrame? read = Frames.Read(bytes);
                Assert.That(options.Checksums || bit / 8 < headLength, Is.False, $"bit {bit} of {headLength} + {bytes.Length - headLength} bytes");
                Assert.That(read!.Message, Is.EqualTo(original.Message).UsingPropertiesComparer());
            }
            catch (ProtocolException e) when (bit / 8 >= headLength)
            {
                Assert.That(e.Error, Is.AnyOf(ProtocolError.ChecksumMismatch, ProtocolError.MalformedTensor), $"bit {bit}");
            }
            catch (ProtocolException)
            {
                // In the head, what is wrong may be seen before its checksum is looked at.
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(1000)]
    [TestCase(100_000)]
    public void Frames_follow_one_another_without_a_gap(int pieceLength)
    {
        byte[] all = [.. FrameSample.All.Concat(FrameSample.All).SelectMany(s => s.Encode(FrameSample.Lz4))];
        ReadOnlyMemory<byte>[] pieces = [.. all.Chunk(pieceLength).Select(c => (ReadOnlyMemory<byte>)c)];
        var reader = new FrameReader(new PieceStream(pieces));
        foreach (FrameSample sample in FrameSample.All.Concat(FrameSample.All))
        {
            sample.AssertEqual(Frames.Read(reader));
        }

        Assert.That(Frames.Read(reader), Is.Null);
    }

    [Test]
    public void Random_tensors_read_back()
    {
        var random = new Random(20_260_731);
        for (int round = 0; round < 300; round++)
        {
            TensorSample[] tensors = [.. Enumerable.Range(0, random.Next(TensorSection.MaxTensors + 1)).Select(_ => RandomTensor(random))];
            FrameSample sample = FrameSample.Of(
                new TraversalLearning.Messages.BackwardResult(new(random.Next(), random.Next(), random.Next())), (ulong)random.NextInt64(), tensors);
            byte[] bytes = sample.Encode(Encodings[random.Next(Encodings.Length)].Options);
            sample.AssertEqual(Frames.Read(PieceStream.SplitAt(bytes, random.Next(bytes.Length))));
        }
    }

    [Test]
    public void A_tensor_as_long_as_several_pieces_reads_back()
    {
        FrameSample sample = FrameSample.Of(
            new TraversalLearning.Messages.Backward(new(1, 2, 3)), 9, TensorSample.Floats("a", 3), TensorSample.Floats("b", 260_000), TensorSample.Floats("c", 5_000));
        sample.AssertEqual(Frames.Read(sample.Encode(FrameSample.Checked)));
    }

    [Test]
    public void A_header_that_lies_costs_no_memory()
    {
        byte[] twoGigabytes = Frames.WithTensors(new object[] { new object?[] { "params", 1, new object[] { (1 << 29) - 64 }, 0, (1L << 31) - 256, null } });
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(twoGigabytes.AsSpan(20), (1L << 31) - 256);
        Frames.FixChecksum(twoGigabytes);
        byte[] bomb = Frames.WithTensors(new object[] { new object?[] { "params", 1, new object[] { 1 << 28 }, 1, 1L << 28, null } });
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bomb.AsSpan(20), 1L << 28);
        Frames.FixChecksum(bomb);
        byte[] metadata = Frames.Make(MessageType.Heartbeat, Pack.Map());
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(metadata.AsSpan(16), uint.MaxValue);
        byte[] counts = Frames.Make(MessageType.Heartbeat, [0xDF, 0x7F, 0xFF, 0xFF, 0xFF]);
        byte[] tensors = Frames.WithTensors(new byte[] { 0xDD, 0x7F, 0xFF, 0xFF, 0xFF });
        byte[] shape = Frames.WithTensors(new object[] { new object?[] { "params", 1, new byte[] { 0xDD, 0, 0, 0, 4 }, 0, 4, null } });
        foreach (byte[] lie in new[] { twoGigabytes, bomb, metadata, counts, tensors, shape })
        {
            AllocatedFor(lie); // The first time, the runtime allocates for itself.
            Assert.That(AllocatedFor(lie), Is.LessThan(64 * 1024));
        }
    }

    [Test]
    public void Metadata_costs_no_more_than_its_limit()
    {
        byte[] header = Frames.Make(MessageType.Heartbeat, Pack.Map());
        foreach ((int length, WireLimits limits) in new[] { (4096 - 32, WireLimits.Handshake), (64 * 1024, WireLimits.Session), (1024 * 1024, WireLimits.Admission) })
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), length);
            AllocatedFor(header, limits);
            Assert.That(AllocatedFor(header, limits), Is.LessThan(length + (64 * 1024)));
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), length + 1);
            Assert.That(AllocatedFor(header, limits), Is.LessThan(64 * 1024));
        }
    }

    [Test]
    public void A_destination_has_the_tensors_length()
    {
        byte[] bytes = FrameSample.Of(new TraversalLearning.Messages.Backward(new(1, 2, 3)), 0, TensorSample.Ints("a", 1, 2)).Encode(FrameSample.Checked);
        foreach (int length in new[] { 0, 7, 9 })
        {
            var reader = new FrameReader(new PieceStream(bytes));
            IncomingFrame frame = reader.ReadAsync(WireLimits.Session, CancellationToken.None).Now()!;
            Assert.Throws<ArgumentOutOfRangeException>(
                (Action)(() => reader.ReadTensorAsync(frame.Tensors[0], new byte[length], CancellationToken.None).Now()));
        }
    }

    private static TensorSample RandomTensor(Random random)
    {
        ElementType type = random.GetItems(Enum.GetValues<ElementType>(), 1)[0];
        long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(8))];
        byte[] raw = new byte[shape.Aggregate((long)type.Size(), (a, b) => a * b)];
        if (random.Next(2) == 0)
        {
            random.NextBytes(raw);
        }

        return new TensorSample(new string((char)('a' + random.Next(26)), random.Next(1, 65)), type, shape, raw);
    }

    private static void SkipAll(FrameReader reader)
    {
        IncomingFrame frame = reader.ReadAsync(WireLimits.Session, CancellationToken.None).Now()!;
        foreach (TensorDescriptor tensor in frame.Tensors)
        {
            reader.SkipTensorAsync(tensor, CancellationToken.None).Now();
        }
    }

    // What reading up to the payload allocates: whoever owns the memory for the payload decides on it first.
    private static long AllocatedFor(byte[] bytes, WireLimits? limits = null)
    {
        var reader = new FrameReader(new PieceStream(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _ = reader.ReadAsync(limits ?? WireLimits.Session, CancellationToken.None).Now();
        }
        catch (ProtocolException)
        {
            // The lie was noticed.
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
