using System.Buffers.Binary;
using System.IO.Hashing;

namespace TraversalLearning.Wire;

/// <summary>
/// The fixed 32 bytes in front of every frame, little-endian:
/// <code>
///  0  4  magic            54 4C 57 31 ("TLW1")
///  4  1  version          1
///  5  1  message type     <see cref="MessageType"/>
///  6  2  flags            0 (reserved)
///  8  8  request id       0 where the message is no request and no reply
/// 16  4  metadata length  bytes of MessagePack that follow the header
/// 20  8  payload length   bytes of tensors that follow the metadata
/// 28  4  checksum         CRC-32C over bytes 0..27 and the metadata
/// </code>
/// </summary>
public readonly record struct FrameHeader(MessageType Type, ulong RequestId, int MetadataLength, long PayloadLength, uint Checksum)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 32;

    /// <summary>"TLW1" read as a little-endian number.</summary>
    public const uint Magic = 0x31574C54;

    /// <summary>The protocol's version, in every frame.</summary>
    public const byte Version = 1;

    private const int ChecksumOffset = 28;

    /// <summary>Reads a header off the front of <paramref name="bytes"/>; <see langword="false"/> if there are not enough bytes yet.</summary>
    /// <exception cref="ProtocolException">The bytes are not a header of this version, or a length is over its limit.</exception>
    public static bool TryParse(ReadOnlySpan<byte> bytes, in WireLimits limits, out FrameHeader header)
    {
        header = default;
        if (bytes.Length < Size)
        {
            return false;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            ProtocolException.Throw(ProtocolError.BadMagic, "the peer does not speak this protocol (bad magic)");
        }

        if (bytes[4] != Version)
        {
            ProtocolException.Throw(ProtocolError.UnsupportedVersion, $"the peer speaks protocol version {bytes[4]}, this side speaks {Version}");
        }

        var type = (MessageType)bytes[5];
        if (!Enum.IsDefined(type))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"message type {bytes[5]} is not defined");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) != 0)
        {
            ProtocolException.Throw(ProtocolError.ReservedBits, "a reserved flag is set");
        }

        uint metadataLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        ulong payloadLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes[20..]);
        ProtocolException.ThrowIfOver(metadataLength, limits.MaxMetadata, "the metadata length");
        ProtocolException.ThrowIfOver((long)Math.Min(payloadLength, long.MaxValue), limits.MaxPayload, "the payload length");

        header = new FrameHeader(
            type,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            (int)metadataLength,
            (long)payloadLength,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]));
        return true;
    }

    /// <summary>Writes the header of a frame in front of its metadata, checksum included.</summary>
    /// <param name="frame"><see cref="Size"/> bytes for the header, then the metadata, already in place.</param>
    /// <param name="type">The message type.</param>
    /// <param name="requestId">The request that it is or answers, or 0.</param>
    /// <param name="payloadLength">Bytes of tensors that will follow.</param>
    public static void Write(Span<byte> frame, MessageType type, ulong requestId, long payloadLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        frame[4] = Version;
        frame[5] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], requestId);
        BinaryPrimitives.WriteInt32LittleEndian(frame[16..], frame.Length - Size);
        BinaryPrimitives.WriteInt64LittleEndian(frame[20..], payloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ChecksumOffset..], ComputeChecksum(frame));
    }

    /// <summary>Checks the checksum of a header with its metadata behind it.</summary>
    /// <exception cref="ProtocolException">The bytes were changed on the way.</exception>
    public static void Verify(ReadOnlySpan<byte> frame)
    {
        if (ComputeChecksum(frame) != BinaryPrimitives.ReadUInt32LittleEndian(frame[ChecksumOffset..]))
        {
            ProtocolException.Throw(ProtocolError.ChecksumMismatch, "the checksum of a frame's header does not match");
        }
    }

    private static uint ComputeChecksum(ReadOnlySpan<byte> frame)
    {
        Crc32 checksum = Crc32C.Begin();
        checksum.Append(frame[..ChecksumOffset]);
        checksum.Append(frame[Size..]);
        return checksum.GetCurrentHashAsUInt32();
    }
}
