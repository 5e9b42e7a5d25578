using System.Buffers.Binary;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Wire;

/// <summary>The 32 bytes in front of a frame.</summary>
public sealed class FrameHeaderTests
{
    private static readonly WireLimits Limits = new(MaxMetadata: 100, MaxPayload: 1000);

    [Test]
    public void Every_field_stands_where_the_protocol_says()
    {
        byte[] frame = new byte[FrameHeader.Size + 3];
        FrameHeader.Write(frame, MessageType.Backward, 0x0807060504030201, 0x0A);
        Assert.That(
            Convert.ToHexString(frame.AsSpan(0, 28)),
            Is.EqualTo("544C5731" + "01" + "14" + "0000" + "0102030405060708" + "03000000" + "0A00000000000000"));
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(28)), Is.EqualTo(Crc32C.Compute([.. frame[..28], .. frame[32..]])));
    }

    [Test]
    public void What_is_written_reads_back()
    {
        foreach (MessageType type in Enum.GetValues<MessageType>())
        {
            byte[] frame = new byte[FrameHeader.Size + 100];
            FrameHeader.Write(frame, type, ulong.MaxValue, 1000);
            Assert.That(FrameHeader.TryParse(frame, Limits, out FrameHeader header), Is.True);
            Assert.That(
                header, Is.EqualTo(new FrameHeader(type, ulong.MaxValue, 100, 1000, BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(28)))));
            FrameHeader.Verify(frame);
        }
    }

    [Test]
    public void Too_few_bytes_are_no_error()
    {
        byte[] frame = Frames.Make(MessageType.Heartbeat, Pack.Map());
        for (int length = 0; length < FrameHeader.Size; length++)
        {
            Assert.That(FrameHeader.TryParse(frame.AsSpan(0, length), Limits, out _), Is.False);
        }
    }

    [TestCase(0, 0x55, ProtocolError.BadMagic)]
    [TestCase(3, 0x32, ProtocolError.BadMagic)]
    [TestCase(4, 0, ProtocolError.UnsupportedVersion)]
    [TestCase(4, 2, ProtocolError.UnsupportedVersion)]
    [TestCase(5, 0, ProtocolError.UnexpectedMessage)]
    [TestCase(5, 10, ProtocolError.UnexpectedMessage)]
    [TestCase(5, 255, ProtocolError.UnexpectedMessage)]
    [TestCase(6, 1, ProtocolError.ReservedBits)]
    [TestCase(7, 128, ProtocolError.ReservedBits)]
    public void A_wrong_byte_is_named(int offset, byte value, ProtocolError expected)
    {
        byte[] frame = Frames.Make(MessageType.Heartbeat, Pack.Map());
        frame[offset] = value;
        Frames.FixChecksum(frame);
        Assert.That(Frames.ErrorOf(frame), Is.EqualTo(expected));
    }

    [TestCase(100u, 1000ul, true)]
    [TestCase(101u, 1000ul, false)]
    [TestCase(100u, 1001ul, false)]
    [TestCase(uint.MaxValue, 0ul, false)]
    [TestCase(0x8000_0000u, 0ul, false)]
    [TestCase(0u, ulong.MaxValue, false)]
    [TestCase(0u, 0x8000_0000_0000_0000ul, false)]
    public void Lengths_are_held_against_their_limits(uint metadata, ulong payload, bool accepted)
    {
        byte[] header = Frames.Make(MessageType.Heartbeat, []);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), metadata);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(20), payload);
        if (accepted)
        {
            Assert.That(FrameHeader.TryParse(header, Limits, out _), Is.True);
        }
        else
        {
            ProtocolException e = Assert.Throws<ProtocolException>((Action)(() => _ = FrameHeader.TryParse(header, Limits, out _)))!;
            Assert.That(e.Error, Is.EqualTo(ProtocolError.LimitExceeded));
        }
    }

    [Test]
    public void A_stranger_gets_one_frame_of_4_KiB_and_no_payload()
    {
        Assert.That(WireLimits.Handshake.MaxMetadata + FrameHeader.Size, Is.EqualTo(4096));
        Assert.That(WireLimits.Handshake.MaxPayload, Is.Zero);
        byte[] full = Frames.Make(MessageType.Shutdown, Pack.Map(("reason", string.Empty), ("more", new string('x', 4096 - 32 - 17))));
        Assert.That(full, Has.Length.EqualTo(4096));
        Assert.That(Frames.Read(full, WireLimits.Handshake), Is.Not.Null);
        Assert.That(Frames.ErrorOf(Frames.Make(MessageType.Shutdown, [.. full[32..], 0]), WireLimits.Handshake), Is.EqualTo(ProtocolError.LimitExceeded));
        byte[] payload = Frames.WithTensors(new object[] { new object?[] { "params", 3, new object[] { 1 }, 0, 4, null } }, new byte[4]);
        Assert.That(Frames.ErrorOf(payload, WireLimits.Handshake), Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(Frames.ErrorOf(payload, WireLimits.Admission), Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(Frames.Read(payload), Is.Not.Null);
    }
}
