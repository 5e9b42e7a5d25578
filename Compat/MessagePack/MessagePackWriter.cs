using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MessagePack;

/// <summary>
/// Writes MessagePack values, each in its shortest encoding, into an <see cref="IBufferWriter{T}"/>.
/// What was written reaches the buffer writer at <see cref="Flush"/> at the latest.
/// </summary>
/// <remarks>A mutable struct: pass it by reference, for a copy has its own idea of how far it has come.</remarks>
public ref struct MessagePackWriter
{
    // Lone surrogates become U+FFFD instead of an exception, as in the package.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly IBufferWriter<byte> output;
    private Span<byte> span;
    private int buffered;

    /// <summary>Starts to write at the buffer writer's present position.</summary>
    public MessagePackWriter(IBufferWriter<byte> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        output = writer;
        span = default;
        buffered = 0;
    }

    /// <summary>Hands everything written so far to the buffer writer.</summary>
    public void Flush()
    {
        if (buffered > 0)
        {
            output.Advance(buffered);
        }

        // The span is given back with the bytes: the owner may write to its buffer before we do again.
        span = default;
        buffered = 0;
    }

    /// <summary>Writes nil.</summary>
    public void WriteNil() => WriteCode(MessagePackCode.Nil);

    /// <summary>Writes true or false.</summary>
    public void Write(bool value) => WriteCode(value ? MessagePackCode.True : MessagePackCode.False);

    /// <summary>Writes an integer in the shortest encoding that holds it.</summary>
    public void Write(byte value) => Write((ulong)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(sbyte value) => Write((long)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(ushort value) => Write((ulong)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(short value) => Write((long)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(uint value) => Write((ulong)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(int value) => Write((long)value);

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(ulong value)
    {
        if (value <= MessagePackCode.MaxFixInt)
        {
            WriteCode((byte)value);
        }
        else if (value <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.UInt8, (byte)value);
        }
        else if (value <= ushort.MaxValue)
        {
            WriteCode16(MessagePackCode.UInt16, (ushort)value);
        }
        else if (value <= uint.MaxValue)
        {
            WriteCode32(MessagePackCode.UInt32, (uint)value);
        }
        else
        {
            WriteCode64(MessagePackCode.UInt64, value);
        }
    }

    /// <inheritdoc cref="Write(byte)"/>
    public void Write(long value)
    {
        if (value >= 0)
        {
            Write((ulong)value);
        }
        else if (value >= -32)
        {
            WriteCode(unchecked((byte)value));
        }
        else if (value >= sbyte.MinValue)
        {
            WriteCode8(MessagePackCode.Int8, unchecked((byte)value));
        }
        else if (value >= short.MinValue)
        {
            WriteCode16(MessagePackCode.Int16, unchecked((ushort)value));
        }
        else if (value >= int.MinValue)
        {
            WriteCode32(MessagePackCode.Int32, unchecked((uint)value));
        }
        else
        {
            WriteCode64(MessagePackCode.Int64, unchecked((ulong)value));
        }
    }

    /// <summary>Writes a float, always in 32 bits.</summary>
    public void Write(float value) => WriteCode32(MessagePackCode.Float32, BitConverter.SingleToUInt32Bits(value));

    /// <summary>Writes a double, always in 64 bits.</summary>
    public void Write(double value) => WriteCode64(MessagePackCode.Float64, BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Writes text as UTF-8, or nil for null.</summary>
    public void Write(string? value)
    {
        if (value is null)
        {
            WriteNil();
        }
        else
        {
            Write(value.AsSpan());
        }
    }

    /// <summary>Writes text as UTF-8.</summary>
    public void Write(scoped ReadOnlySpan<char> value)
    {
        int byteCount = Utf8.GetByteCount(value);
        WriteStringHeader(byteCount);
        Utf8.GetBytes(value, GetSpan(byteCount));
        buffered += byteCount;
    }

    /// <summary>Writes bytes (bin), or nil for null.</summary>
    public void Write(byte[]? src)
    {
        if (src is null)
        {
            WriteNil();
        }
        else
        {
            Write(src.AsSpan());
        }
    }

    /// <summary>Writes bytes (bin).</summary>
    public void Write(scoped ReadOnlySpan<byte> src)
    {
        WriteBinHeader(src.Length);
        Append(src);
    }

    /// <summary>Writes text that is UTF-8 already.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8stringBytes)
    {
        WriteStringHeader(utf8stringBytes.Length);
        Append(utf8stringBytes);
    }

    /// <summary>Copies bytes that are MessagePack already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> rawMessagePackBlock) => Append(rawMessagePackBlock);

    /// <summary>Writes the header of an array; <paramref name="count"/> values follow.</summary>
    public void WriteArrayHeader(int count) => WriteArrayHeader((uint)count);

    /// <inheritdoc cref="WriteArrayHeader(int)"/>
    public void WriteArrayHeader(uint count) =>
        WriteCountHeader(MessagePackCode.MinFixArray, MessagePackCode.Array16, MessagePackCode.Array32, count);

    /// <summary>Writes the header of a map; <paramref name="count"/> pairs of key and value follow.</summary>
    public void WriteMapHeader(int count) => WriteMapHeader((uint)count);

    /// <inheritdoc cref="WriteMapHeader(int)"/>
    public void WriteMapHeader(uint count) =>
        WriteCountHeader(MessagePackCode.MinFixMap, MessagePackCode.Map16, MessagePackCode.Map32, count);

    /// <summary>Writes the header of a bin value; its bytes follow by <see cref="WriteRaw"/>.</summary>
    public void WriteBinHeader(int length)
    {
        if (length <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.Bin8, (byte)length);
        }
        else if (length <= ushort.MaxValue)
        {
            WriteCode16(MessagePackCode.Bin16, (ushort)length);
        }
        else
        {
            WriteCode32(MessagePackCode.Bin32, (uint)length);
        }
    }

    /// <summary>Writes the header of a string; its UTF-8 bytes follow by <see cref="WriteRaw"/>.</summary>
    public void WriteStringHeader(int byteCount)
    {
        if (byteCount <= 31)
        {
            WriteCode((byte)(MessagePackCode.MinFixStr | byteCount));
        }
        else if (byteCount <= byte.MaxValue)
        {
            WriteCode8(MessagePackCode.Str8, (byte)byteCount);
        }
        else if (byteCount <= ushort.MaxValue)
        {
            WriteCode16(MessagePackCode.Str16, (ushort)byteCount);
        }
        else
        {
            WriteCode32(MessagePackCode.Str32, (uint)byteCount);
        }
    }

    private void WriteCountHeader(byte fixCode, byte code16, byte code32, uint count)
    {
        if (count <= 15)
        {
            WriteCode((byte)(fixCode | count));
        }
        else if (count <= ushort.MaxValue)
        {
            WriteCode16(code16, (ushort)count);
        }
        else
        {
            WriteCode32(code32, count);
        }
    }

    private void WriteCode(byte code)
    {
        GetSpan(1)[0] = code;
        buffered += 1;
    }

    private void WriteCode8(byte code, byte value)
    {
        Span<byte> target = GetSpan(2);
        target[0] = code;
        target[1] = value;
        buffered += 2;
    }

    private void WriteCode16(byte code, ushort value)
    {
        Span<byte> target = GetSpan(3);
        target[0] = code;
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], value);
        buffered += 3;
    }

    private void WriteCode32(byte code, uint value)
    {
        Span<byte> target = GetSpan(5);
        target[0] = code;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], value);
        buffered += 5;
    }

    private void WriteCode64(byte code, ulong value)
    {
        Span<byte> target = GetSpan(9);
        target[0] = code;
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], value);
        buffered += 9;
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        buffered += bytes.Length;
    }

    private Span<byte> GetSpan(int length)
    {
        if (span.Length - buffered < length)
        {
            Flush();
            span = output.GetSpan(length);
        }

        return span[buffered..];
    }
}
