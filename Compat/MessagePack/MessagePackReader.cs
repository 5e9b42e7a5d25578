using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MessagePack;

/// <summary>
/// Reads MessagePack values one by one. Nothing is instantiated by name and nothing is allocated on the word of a
/// header: a count or length larger than the bytes that remain ends in <see cref="EndOfStreamException"/>.
/// </summary>
/// <exception cref="MessagePackSerializationException">The next value is not of the kind asked for.</exception>
/// <exception cref="EndOfStreamException">The bytes end within the value.</exception>
/// <exception cref="OverflowException">An integer or a count does not fit the type asked for.</exception>
/// <remarks>A mutable struct: pass it by reference.</remarks>
public ref struct MessagePackReader
{
    // Invalid UTF-8 becomes U+FFFD instead of an exception, as in the package.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private SequenceReader<byte> reader;

    /// <summary>Reads from one block of memory, which is not copied.</summary>
    public MessagePackReader(ReadOnlyMemory<byte> memory)
        : this(new ReadOnlySequence<byte>(memory))
    {
    }

    /// <summary>Reads from a sequence, which is not copied.</summary>
    public MessagePackReader(scoped in ReadOnlySequence<byte> readOnlySequence)
    {
        reader = new SequenceReader<byte>(readOnlySequence);
        Depth = 0;
    }

    /// <summary>How deep the caller is within nested values. For the caller's use: the reader never recurses.</summary>
    public int Depth { get; set; }

    /// <summary>All the bytes that the reader was given.</summary>
    public readonly ReadOnlySequence<byte> Sequence => reader.Sequence;

    /// <summary>Where the next value begins within <see cref="Sequence"/>.</summary>
    public readonly SequencePosition Position => reader.Position;

    /// <summary>The number of bytes read so far.</summary>
    public readonly long Consumed => reader.Consumed;

    /// <summary>Whether all bytes are read.</summary>
    public readonly bool End => reader.End;

    /// <summary>Whether the next value is nil.</summary>
    public readonly bool IsNil => NextCode == MessagePackCode.Nil;

    /// <summary>The family of the next value.</summary>
    public readonly MessagePackType NextMessagePackType => MessagePackCode.ToMessagePackType(NextCode);

    /// <summary>The next value's first byte, see <see cref="MessagePackCode"/>.</summary>
    public readonly byte NextCode => reader.TryPeek(out byte code) ? code : throw new EndOfStreamException();

    /// <summary>A second reader at the same place, independent of this one.</summary>
    public readonly MessagePackReader CreatePeekReader() => this;

    /// <summary>Reads nil.</summary>
    public Nil ReadNil() => TryReadNil() ? Nil.Default : throw Unexpected(NextCode);

    /// <summary>Reads nil if it is next; otherwise reads nothing.</summary>
    public bool TryReadNil()
    {
        if (NextCode != MessagePackCode.Nil)
        {
            return false;
        }

        reader.Advance(1);
        return true;
    }

    /// <summary>Reads true or false.</summary>
    public bool ReadBoolean()
    {
        byte code = NextCode;
        if (code is not (MessagePackCode.True or MessagePackCode.False))
        {
            throw Unexpected(code);
        }

        reader.Advance(1);
        return code == MessagePackCode.True;
    }

    /// <summary>Reads an integer of any encoding whose value fits.</summary>
    public byte ReadByte() => checked((byte)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public sbyte ReadSByte() => checked((sbyte)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public ushort ReadUInt16() => checked((ushort)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public short ReadInt16() => checked((short)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public uint ReadUInt32() => checked((uint)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public int ReadInt32() => checked((int)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public ulong ReadUInt64() =>
        NextCode == MessagePackCode.UInt64 ? ReadBigEndian(8) : checked((ulong)ReadInt64());

    /// <inheritdoc cref="ReadByte"/>
    public long ReadInt64()
    {
        byte code = NextCode;
        return code switch
        {
            <= MessagePackCode.MaxFixInt => (long)ReadBigEndian(0, code),
            >= MessagePackCode.MinNegativeFixInt => (sbyte)ReadBigEndian(0, code),
            MessagePackCode.UInt8 => (long)ReadBigEndian(1),
            MessagePackCode.UInt16 => (long)ReadBigEndian(2),
            MessagePackCode.UInt32 => (long)ReadBigEndian(4),
            MessagePackCode.UInt64 => checked((long)ReadBigEndian(8)),
            MessagePackCode.Int8 => (sbyte)ReadBigEndian(1),
            MessagePackCode.Int16 => (short)ReadBigEndian(2),
            MessagePackCode.Int32 => (int)ReadBigEndian(4),
            MessagePackCode.Int64 => (long)ReadBigEndian(8),
            _ => throw Unexpected(code),
        };
    }

    /// <summary>Reads a float; also a double (rounded) or an integer.</summary>
    public float ReadSingle() => NextCode switch
    {
        MessagePackCode.Float32 => BitConverter.UInt32BitsToSingle((uint)ReadBigEndian(4)),
        MessagePackCode.Float64 => (float)BitConverter.UInt64BitsToDouble(ReadBigEndian(8)),
        MessagePackCode.UInt64 => ReadUInt64(),
        _ => ReadInt64(),
    };

    /// <summary>Reads a double; also a float or an integer.</summary>
    public double ReadDouble() => NextCode switch
    {
        MessagePackCode.Float32 => BitConverter.UInt32BitsToSingle((uint)ReadBigEndian(4)),
        MessagePackCode.Float64 => BitConverter.UInt64BitsToDouble(ReadBigEndian(8)),
        MessagePackCode.UInt64 => ReadUInt64(),
        _ => ReadInt64(),
    };

    /// <summary>Reads text, or null for nil.</summary>
    public string? ReadString() => ReadStringSequence() is { } bytes ? Utf8.GetString(bytes) : null;

    /// <summary>Reads text as the UTF-8 bytes that it is, or null for nil. A slice of <see cref="Sequence"/>.</summary>
    public ReadOnlySequence<byte>? ReadStringSequence() => TryReadNil() ? null : ReadSlice(ReadStringLength());

    /// <summary>
    /// Reads text as UTF-8 without a copy. False, and nothing read, if it is nil or lies across two blocks of memory.
    /// </summary>
    public bool TryReadStringSpan(out ReadOnlySpan<byte> span)
    {
        span = default;
        if (IsNil)
        {
            return false;
        }

        SequenceReader<byte> before = reader;
        uint length = ReadStringLength();
        if (reader.Remaining < length)
        {
            throw new EndOfStreamException();
        }

        if (reader.UnreadSpan.Length < length)
        {
            reader = before;
            return false;
        }

        span = reader.UnreadSpan[..(int)length];
        reader.Advance(length);
        return true;
    }

    /// <summary>
    /// Reads bytes, or null for nil; text is taken as bytes too (the format's first version had nothing else). A slice
    /// of <see cref="Sequence"/>.
    /// </summary>
    public ReadOnlySequence<byte>? ReadBytes()
    {
        if (TryReadNil())
        {
            return null;
        }

        return ReadSlice(NextMessagePackType == MessagePackType.Binary ? ReadBinLength() : ReadStringLength());
    }

    /// <summary>Reads an array's header. Refuses a count larger than the bytes that remain.</summary>
    public int ReadArrayHeader()
    {
        int count = ReadArrayCount();
        return reader.Remaining >= count ? count : throw new EndOfStreamException();
    }

    /// <summary>Reads a map's header: its number of pairs. Refuses a count larger than the bytes that remain allow.</summary>
    public int ReadMapHeader()
    {
        int count = ReadMapCount();
        return reader.Remaining >= 2L * count ? count : throw new EndOfStreamException();
    }

    /// <summary>Reads the next value, whatever it is, as the bytes that it is written in.</summary>
    public ReadOnlySequence<byte> ReadRaw()
    {
        SequencePosition start = Position;
        Skip();
        return Sequence.Slice(start, Position);
    }

    /// <summary>Reads past the next value with all that is in it.</summary>
    public void Skip()
    {
        // A counter, not recursion: depth is the sender's choice and must not be a way to exhaust the stack.
        for (long pending = 1; pending > 0; pending--)
        {
            switch (NextMessagePackType)
            {
                case MessagePackType.Nil or MessagePackType.Boolean:
                    Advance(1);
                    break;
                case MessagePackType.Integer or MessagePackType.Float:
                    Advance(1 + NumberWidth(NextCode));
                    break;
                case MessagePackType.String:
                    Advance(ReadStringLength());
                    break;
                case MessagePackType.Binary:
                    Advance(ReadBinLength());
                    break;
                case MessagePackType.Extension:
                    Advance(ReadExtensionLength() + 1);
                    break;
                case MessagePackType.Array:
                    pending += ReadArrayCount();
                    break;
                case MessagePackType.Map:
                    pending += 2L * ReadMapCount();
                    break;
                default:
                    throw Unexpected(NextCode);
            }
        }
    }

    private static int NumberWidth(byte code) => code switch
    {
        MessagePackCode.UInt8 or MessagePackCode.Int8 => 1,
        MessagePackCode.UInt16 or MessagePackCode.Int16 => 2,
        MessagePackCode.UInt32 or MessagePackCode.Int32 or MessagePackCode.Float32 => 4,
        MessagePackCode.UInt64 or MessagePackCode.Int64 or MessagePackCode.Float64 => 8,
        _ => 0,
    };

    private static MessagePackSerializationException Unexpected(byte code) =>
        new($"Unexpected msgpack code {code} ({MessagePackCode.ToMessagePackType(code)}) encountered.");

    private int ReadArrayCount() => NextCode switch
    {
        >= MessagePackCode.MinFixArray and <= MessagePackCode.MaxFixArray and var code => (int)ReadBigEndian(0, code & 0x0fu),
        MessagePackCode.Array16 => (int)ReadBigEndian(2),
        MessagePackCode.Array32 => checked((int)ReadBigEndian(4)),
        var code => throw Unexpected(code),
    };

    private int ReadMapCount() => NextCode switch
    {
        >= MessagePackCode.MinFixMap and <= MessagePackCode.MaxFixMap and var code => (int)ReadBigEndian(0, code & 0x0fu),
        MessagePackCode.Map16 => (int)ReadBigEndian(2),
        MessagePackCode.Map32 => checked((int)ReadBigEndian(4)),
        var code => throw Unexpected(code),
    };

    private uint ReadStringLength() => NextCode switch
    {
        >= MessagePackCode.MinFixStr and <= MessagePackCode.MaxFixStr and var code => (uint)ReadBigEndian(0, code & 0x1fu),
        MessagePackCode.Str8 => (uint)ReadBigEndian(1),
        MessagePackCode.Str16 => (uint)ReadBigEndian(2),
        MessagePackCode.Str32 => (uint)ReadBigEndian(4),
        var code => throw Unexpected(code),
    };

    private uint ReadBinLength() => NextCode switch
    {
        MessagePackCode.Bin8 => (uint)ReadBigEndian(1),
        MessagePackCode.Bin16 => (uint)ReadBigEndian(2),
        MessagePackCode.Bin32 => (uint)ReadBigEndian(4),
        var code => throw Unexpected(code),
    };

    // Of the payload alone: the extension's type takes one byte more.
    private long ReadExtensionLength() => NextCode switch
    {
        >= MessagePackCode.FixExt1 and <= MessagePackCode.FixExt16 and var code =>
            (long)ReadBigEndian(0, 1u << (code - MessagePackCode.FixExt1)),
        MessagePackCode.Ext8 => (long)ReadBigEndian(1),
        MessagePackCode.Ext16 => (long)ReadBigEndian(2),
        MessagePackCode.Ext32 => (long)ReadBigEndian(4),
        var code => throw Unexpected(code),
    };

    // Reads the code and the `width` bytes after it; without any, the value is in the code itself.
    private ulong ReadBigEndian(int width, ulong valueInCode = 0)
    {
        if (width == 0)
        {
            reader.Advance(1);
            return valueInCode;
        }

        Span<byte> bytes = stackalloc byte[9];
        if (!reader.TryCopyTo(bytes[..(width + 1)]))
        {
            throw new EndOfStreamException();
        }

        reader.Advance(width + 1);
        return width switch
        {
            1 => bytes[1],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]),
            4 => BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]),
        };
    }

    private ReadOnlySequence<byte> ReadSlice(uint length)
    {
        if (reader.Remaining < length)
        {
            throw new EndOfStreamException();
        }

        ReadOnlySequence<byte> slice = reader.Sequence.Slice(reader.Position, length);
        reader.Advance(length);
        return slice;
    }

    private void Advance(long count)
    {
        if (reader.Remaining < count)
        {
            throw new EndOfStreamException();
        }

        reader.Advance(count);
    }
}
