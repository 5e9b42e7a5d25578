using System.Buffers.Binary;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>
/// Random changes to valid frames, whose checksum is then made right again so that they get past it. Whatever comes, it is
/// read or refused with the one exception, and takes no more memory than the limits allow. A failure names the round, which repeats.
/// </summary>
public sealed class FrameFuzzTests
{
    private const int Rounds = 60_000;
    private const int MaxAccepted = 64 * 1024;

    private static readonly byte[] Destination = new byte[MaxAccepted];

    // What MessagePack has in store: the first byte of every kind of value, at its largest and smallest.
    private static readonly byte[] Codes =
        [0x00, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x91, 0x96, 0x9F, 0xA0, 0xA1, 0xBF, .. Enumerable.Range(0xC0, 0x20).Select(i => (byte)i), 0xE0, 0xFF];

    private static readonly byte[][] Frames =
    [
        .. from sample in FrameSample.All
           from options in new[] { FrameSample.Checked, FrameSample.Unchecked, FrameSample.Lz4, FrameSample.UncheckedLz4 }
           select sample.Encode(options),
    ];

    [Test]
    public void Only_the_protocol_exception_escapes_and_no_memory_is_wasted()
    {
        int read = 0;
        int refused = 0;
        var errors = new HashSet<ProtocolError>();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutate(new Random(round));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Consume(bytes);
                read++;
            }
            catch (ProtocolException e)
            {
                refused++;
                errors.Add(e.Error);
            }
            catch (Exception e)
            {
                Assert.Fail($"round {round}: {e}\n{Convert.ToHexString(bytes)}");
            }

            // The reader's buffer, metadata, a pooled LZ4 block, and what an exception takes.
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.That(round < 100 || allocated < 256 * 1024, Is.True, $"round {round} allocated {allocated} bytes\n{Convert.ToHexString(bytes)}");
        }

        // Otherwise the changes are too coarse or too fine to test anything.
        Assert.That(read, Is.GreaterThan(Rounds / 50));
        Assert.That(refused, Is.GreaterThan(Rounds / 4));
        Assert.That(errors, Is.SupersetOf(new[]
        {
            ProtocolError.BadMagic, ProtocolError.UnsupportedVersion, ProtocolError.UnexpectedMessage, ProtocolError.ReservedBits,
            ProtocolError.LimitExceeded, ProtocolError.ChecksumMismatch, ProtocolError.MalformedMetadata, ProtocolError.MalformedTensor,
            ProtocolError.Truncated,
        }));
    }

    private static byte[] Mutate(Random random)
    {
        byte[] bytes = [.. Frames[random.Next(Frames.Length)]];
        int headLength = Support.Frames.HeadLength(bytes);
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            // Mostly in the metadata: that is where the parsing is.
            int end = Math.Min(headLength, bytes.Length);
            int at = random.Next(8) == 0 || end <= FrameHeader.Size ? random.Next(bytes.Length) : random.Next(FrameHeader.Size, end);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 or 3:
                    bytes[at] = Codes[random.Next(Codes.Length)];
                    break;
                case 4:
                    int removed = Math.Min(random.Next(1, 6), bytes.Length - at);
                    bytes = [.. bytes[..at], .. bytes[(at + removed)..]];
                    break;
                case 5:
                    byte[] inserted = new byte[random.Next(1, 9)];
                    random.NextBytes(inserted);
                    inserted[0] = Codes[random.Next(Codes.Length)];
                    bytes = [.. bytes[..at], .. inserted, .. bytes[at..]];
                    break;
                default:
                    byte[] other = Frames[random.Next(Frames.Length)];
                    int from = random.Next(other.Length);
                    bytes = [.. bytes[..at], .. other.AsSpan(from, Math.Min(random.Next(1, 40), other.Length - from)), .. bytes[at..]];
                    break;
            }

            if (bytes.Length <= FrameHeader.Size)
            {
                return bytes;
            }
        }

        if (random.Next(8) > 0)
        {
            int payload = (int)Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(20)), 0, bytes.Length - FrameHeader.Size);
            // What was inserted or taken away belongs to the metadata, three times in four.
            int head = random.Next(4) > 0 ? bytes.Length - payload : Math.Min(headLength, bytes.Length);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), head - FrameHeader.Size);
            Support.Frames.FixChecksum(bytes.AsSpan(0, head));
        }

        return bytes;
    }

    private static void Consume(byte[] bytes)
    {
        var reader = new FrameReader(new PieceStream(bytes));
        while (reader.ReadAsync(WireLimits.Session, CancellationToken.None).Now() is { } frame)
        {
            Support.Frames.ReadMessage(frame);
            foreach (TensorDescriptor tensor in frame.Tensors)
            {
                if (tensor.RawLength <= MaxAccepted)
                {
                    reader.ReadTensorAsync(tensor, Destination.AsMemory(0, (int)tensor.RawLength), CancellationToken.None).Now();
                }
                else
                {
                    reader.SkipTensorAsync(tensor, CancellationToken.None).Now();
                }
            }
        }
    }
}
