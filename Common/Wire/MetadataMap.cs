using System.Buffers;
using System.Text;
using MessagePack;

namespace TraversalLearning.Wire;

/// <summary>
/// A frame's metadata: a MessagePack map with short string keys, split into its values once, each read on demand with its limit.
/// A key that the reader does not ask for is ignored, so that a later version may add fields; a missing, doubled or
/// wrongly typed one is refused. Reused from frame to frame; it refers to the bytes that it was given.
/// </summary>
public sealed class MetadataMap
{
    private const int MaxFields = 32;
    private const int MaxDepth = 6;

    /// <summary>Refuses bytes that are no UTF-8 instead of reading them as U+FFFD.</summary>
    internal static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Field[] _fields = new Field[MaxFields];
    private ReadOnlyMemory<byte> _bytes;
    private int _count;

    /// <summary>Splits <paramref name="bytes"/> into fields.</summary>
    /// <exception cref="ProtocolException">Not exactly one well-formed map with distinct string keys.</exception>
    public void Parse(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        _count = 0;
        try
        {
            var reader = new MessagePackReader(bytes);
            int count = reader.ReadMapHeader();
            ProtocolException.ThrowIfOver(count, MaxFields, "the number of metadata fields");
            for (int i = 0; i < count; i++)
            {
                Range key = ReadKey(ref reader);
                int start = (int)reader.Consumed;
                Skip(ref reader, MaxDepth);
                Add(key, start..(int)reader.Consumed);
            }

            if (reader.Consumed != bytes.Length)
            {
                Malformed("bytes follow the map");
            }
        }
        catch (Exception e) when (IsDecodingError(e))
        {
            throw new ProtocolException(ProtocolError.MalformedMetadata, $"malformed metadata: {e.Message}", e);
        }
    }

    /// <summary>Whether the map has this field.</summary>
    public bool Has(ReadOnlySpan<byte> key) => IndexOf(key) >= 0;

    /// <summary>An integer from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public long Int64(ReadOnlySpan<byte> key, long min = 0, long max = long.MaxValue)
    {
        long value = Read(key, static (ref MessagePackReader r) => r.ReadInt64());
        return value >= min && value <= max ? value : throw OutOfRange(key, value, min, max);
    }

    /// <summary>An integer from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Int32(ReadOnlySpan<byte> key, int min = 0, int max = int.MaxValue) => (int)Int64(key, min, max);

    /// <summary>A float64.</summary>
    public double Double(ReadOnlySpan<byte> key) => Read(key, static (ref MessagePackReader r) => r.ReadDouble());

    /// <summary>A finite number of at least 0.</summary>
    public double NotNegative(ReadOnlySpan<byte> key)
    {
        double value = Double(key);
        if (!double.IsFinite(value) || value < 0)
        {
            ProtocolException.Throw(ProtocolError.MalformedMetadata, $"{Encoding.UTF8.GetString(key)} is {value}, not a number of at least 0");
        }

        return value;
    }

    /// <summary>A string of at most <paramref name="maxBytes"/> bytes of UTF-8.</summary>
    public string String(ReadOnlySpan<byte> key, int maxBytes)
    {
        var reader = new MessagePackReader(Slice(key));
        try
        {
            if (!reader.TryReadStringSpan(out ReadOnlySpan<byte> utf8))
            {
                Malformed($"the field '{NameOf(key)}' is nil");
            }

            if (utf8.Length > maxBytes)
            {
                ProtocolException.ThrowIfOver(utf8.Length, maxBytes, $"the length of the field '{NameOf(key)}'");
            }

            return StrictUtf8.GetString(utf8);
        }
        catch (Exception e) when (IsDecodingError(e))
        {
            throw Wrap(key, e);
        }
    }

    /// <summary>Exactly <paramref name="digits"/> lower-case hexadecimal digits.</summary>
    public string Hex(ReadOnlySpan<byte> key, int digits)
    {
        string text = String(key, digits);
        if (text.Length != digits || !text.All(char.IsAsciiHexDigitLower))
        {
            Malformed($"the field '{NameOf(key)}' is not {digits} lower-case hexadecimal digits");
        }

        return text;
    }

    /// <summary>An array of at most <paramref name="maxCount"/> integers that are not negative.</summary>
    public long[] Int64Array(ReadOnlySpan<byte> key, int maxCount)
    {
        return Read(key, (ref MessagePackReader r) =>
        {
            int count = r.ReadArrayHeader();
            ProtocolException.ThrowIfOver(count, maxCount, "the number of array elements");
            var values = new long[count];
            foreach (ref long value in values.AsSpan())
            {
                value = r.ReadInt64();
                if (value < 0)
                {
                    Malformed("a negative element");
                }
            }

            return values;
        });
    }

    /// <summary>An array of at most <paramref name="maxCount"/> integers from 0 to <paramref name="max"/>.</summary>
    public int[] Int32Array(ReadOnlySpan<byte> key, int maxCount, int max)
    {
        long[] values = Int64Array(key, maxCount);
        foreach (long value in values)
        {
            if (value > max)
            {
                throw OutOfRange(key, value, 0, max);
            }
        }

        return Array.ConvertAll(values, v => (int)v);
    }

    /// <summary>A number from 0 to 1.</summary>
    public double Share(ReadOnlySpan<byte> key) => Read(key, static (ref MessagePackReader r) => ReadShare(ref r));

    /// <summary>An array of at most <paramref name="maxCount"/> numbers from 0 to 1.</summary>
    public double[] Shares(ReadOnlySpan<byte> key, int maxCount)
    {
        return Read(key, (ref MessagePackReader r) =>
        {
            int count = r.ReadArrayHeader();
            ProtocolException.ThrowIfOver(count, maxCount, "the number of array elements");
            var values = new double[count];
            foreach (ref double value in values.AsSpan())
            {
                value = ReadShare(ref r);
            }

            return values;
        });
    }

    /// <summary>An array of at most <paramref name="maxCount"/> strings, each of at most <paramref name="maxBytes"/> bytes of UTF-8.</summary>
    public string[] Strings(ReadOnlySpan<byte> key, int maxCount, int maxBytes)
    {
        return Read(key, (ref MessagePackReader r) =>
        {
            int count = r.ReadArrayHeader();
            ProtocolException.ThrowIfOver(count, maxCount, "the number of array elements");
            var values = new string[count];
            foreach (ref string value in values.AsSpan())
            {
                if (!r.TryReadStringSpan(out ReadOnlySpan<byte> utf8))
                {
                    Malformed("an element is nil");
                }

                ProtocolException.ThrowIfOver(utf8.Length, maxBytes, "the length of an array element");
                value = StrictUtf8.GetString(utf8);
            }

            return values;
        });
    }

    /// <summary>At most <paramref name="maxBytes"/> bytes.</summary>
    public byte[] Bytes(ReadOnlySpan<byte> key, int maxBytes)
    {
        return Read(key, (ref MessagePackReader r) =>
        {
            if (r.NextMessagePackType != MessagePackType.Binary)
            {
                Malformed("no bytes");
            }

            ReadOnlySequence<byte> bytes = r.ReadBytes()!.Value;
            ProtocolException.ThrowIfOver(bytes.Length, maxBytes, "the number of bytes");
            return bytes.ToArray();
        });
    }

    internal T Read<T>(ReadOnlySpan<byte> key, ValueReader<T> read)
    {
        ReadOnlyMemory<byte> slice = Slice(key);
        try
        {
            var reader = new MessagePackReader(slice);
            return read(ref reader);
        }
        catch (Exception e) when (IsDecodingError(e))
        {
            throw Wrap(key, e);
        }
    }

    private static double ReadShare(ref MessagePackReader reader)
    {
        double value = reader.ReadDouble();
        if (value is not (>= 0 and <= 1))
        {
            Malformed($"{value} is not from 0 to 1");
        }

        return value;
    }

    private static Range ReadKey(ref MessagePackReader reader)
    {
        // The key's bytes stand behind a header of one to five bytes; asking for the span keeps it free of allocation.
        if (reader.NextMessagePackType != MessagePackType.String || !reader.TryReadStringSpan(out ReadOnlySpan<byte> key))
        {
            Malformed("a key is no string");
            return default;
        }

        int end = (int)reader.Consumed;
        return (end - key.Length)..end;
    }

    private static void Skip(ref MessagePackReader reader, int depth)
    {
        if (depth == 0)
        {
            Malformed("nested too deep");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Array:
                for (int i = reader.ReadArrayHeader(); i > 0; i--)
                {
                    Skip(ref reader, depth - 1);
                }

                break;
            case MessagePackType.Map:
                for (int i = reader.ReadMapHeader(); i > 0; i--)
                {
                    Skip(ref reader, depth - 1);
                    Skip(ref reader, depth - 1);
                }

                break;
            case MessagePackType.Extension or MessagePackType.Unknown:
                Malformed("a value of a type that the protocol does not use");
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private void Add(Range key, Range value)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        if (IndexOf(bytes[key]) >= 0)
        {
            Malformed("a key stands twice");
        }

        _fields[_count++] = new Field(key, value);
    }

    private int IndexOf(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        for (int i = 0; i < _count; i++)
        {
            if (bytes[_fields[i].Key].SequenceEqual(key))
            {
                return i;
            }
        }

        return -1;
    }

    private ReadOnlyMemory<byte> Slice(ReadOnlySpan<byte> key)
    {
        int index = IndexOf(key);
        if (index < 0)
        {
            Malformed($"the field '{NameOf(key)}' is missing");
        }

        return _bytes[_fields[index].Value];
    }

    private static string NameOf(ReadOnlySpan<byte> key) => Encoding.UTF8.GetString(key);

    private static bool IsDecodingError(Exception e) =>
        e is MessagePackSerializationException or EndOfStreamException or OverflowException or InvalidOperationException
            or ArgumentException;

    private static ProtocolException Wrap(ReadOnlySpan<byte> key, Exception e) =>
        new(ProtocolError.MalformedMetadata, $"malformed metadata: the field '{NameOf(key)}': {e.Message}", e);

    private static ProtocolException OutOfRange(ReadOnlySpan<byte> key, long value, long min, long max) =>
        new(ProtocolError.MalformedMetadata, $"the field '{NameOf(key)}' is {value}, not from {min} to {max}");

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Malformed(string what) =>
        ProtocolException.Throw(ProtocolError.MalformedMetadata, $"malformed metadata: {what}");

    internal delegate T ValueReader<out T>(ref MessagePackReader reader);

    private readonly record struct Field(Range Key, Range Value);
}
