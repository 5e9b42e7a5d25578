using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Wire;

/// <summary>The same bytes as the Python implementation of MessagePack.</summary>
public sealed class MessagePackTests
{
    private static readonly JsonElement Cases = Golden.Json("msgpack.json");

    private delegate void Writing(ref MessagePackWriter writer);

    private delegate T Reading<out T>(ref MessagePackReader reader);

    [Test]
    public void Integers_take_the_shortest_encoding_and_read_back()
    {
        foreach (JsonElement item in Cases.GetProperty("integers").EnumerateArray())
        {
            Int128 value = Int128.Parse(item.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            byte[] golden = item.Hex("hex");
            foreach (byte[] written in WriteAsEveryTypeThatFits(value))
            {
                Assert.That(written, Is.EqualTo(golden), $"{value}");
            }

            AssertReads(golden, value, byte.MinValue, byte.MaxValue, (ref r) => r.ReadByte());
            AssertReads(golden, value, sbyte.MinValue, sbyte.MaxValue, (ref r) => r.ReadSByte());
            AssertReads(golden, value, ushort.MinValue, ushort.MaxValue, (ref r) => r.ReadUInt16());
            AssertReads(golden, value, short.MinValue, short.MaxValue, (ref r) => r.ReadInt16());
            AssertReads(golden, value, uint.MinValue, uint.MaxValue, (ref r) => r.ReadUInt32());
            AssertReads(golden, value, int.MinValue, int.MaxValue, (ref r) => r.ReadInt32());
            AssertReads(golden, value, ulong.MinValue, ulong.MaxValue, (ref r) => r.ReadUInt64());
            AssertReads(golden, value, long.MinValue, long.MaxValue, (ref r) => r.ReadInt64());
            Assert.That(Read(golden, (ref r) => r.ReadDouble()), Is.EqualTo((double)value));
            Assert.That(Read(golden, (ref r) => r.ReadSingle()), Is.EqualTo((float)value));
        }
    }

    [Test]
    public void Integers_read_from_longer_encodings_than_needed()
    {
        foreach (JsonElement item in Cases.GetProperty("wideIntegers").EnumerateArray())
        {
            int value = item.GetProperty("value").GetInt32();
            byte[] golden = item.Hex("hex");
            AssertReads(golden, value, sbyte.MinValue, sbyte.MaxValue, (ref r) => r.ReadSByte());
            AssertReads(golden, value, 0, ulong.MaxValue, (ref r) => r.ReadUInt64());
            AssertReads(golden, value, long.MinValue, long.MaxValue, (ref r) => r.ReadInt64());
        }
    }

    [Test]
    public void Nil_and_booleans_are_one_byte()
    {
        Assert.That(Write((ref w) => w.WriteNil()), Is.EqualTo(Cases.Hex("nil")));
        Assert.That(Write((ref w) => w.Write((string?)null)), Is.EqualTo(Cases.Hex("nil")));
        Assert.That(Write((ref w) => w.Write((byte[]?)null)), Is.EqualTo(Cases.Hex("nil")));
        Assert.That(Write((ref w) => w.Write(true)), Is.EqualTo(Cases.Hex("true")));
        Assert.That(Write((ref w) => w.Write(false)), Is.EqualTo(Cases.Hex("false")));
        Assert.That(Read(Cases.Hex("true"), (ref r) => r.ReadBoolean()), Is.True);
        Assert.That(Read(Cases.Hex("false"), (ref r) => r.ReadBoolean()), Is.False);
        Assert.That(Read(Cases.Hex("nil"), (ref r) => r.ReadNil()), Is.EqualTo(Nil.Default));
        Assert.That(Read(Cases.Hex("nil"), (ref r) => r.ReadString()), Is.Null);
        Assert.That(Read(Cases.Hex("nil"), (ref r) => r.ReadBytes() is null), Is.True);
        Assert.That(Read([.. Cases.Hex("nil"), 7], (ref r) => r.TryReadNil() && !r.TryReadNil() && r.ReadByte() == 7), Is.True);
    }

    [Test]
    public void Floats_keep_their_bits()
    {
        foreach (JsonElement item in Cases.GetProperty("singles").EnumerateArray())
        {
            float value = BinaryPrimitives.ReadSingleBigEndian(item.Hex("bits"));
            Assert.That(Write((ref w) => w.Write(value)), Is.EqualTo(item.Hex("hex")));
            float read = Read(item.Hex("hex"), (ref r) => r.ReadSingle());
            Assert.That(BitConverter.SingleToInt32Bits(read), Is.EqualTo(BitConverter.SingleToInt32Bits(value)));
            Assert.That(Read(item.Hex("hex"), (ref r) => r.ReadDouble()), Is.EqualTo((double)value));
        }

        foreach (JsonElement item in Cases.GetProperty("doubles").EnumerateArray())
        {
            double value = BinaryPrimitives.ReadDoubleBigEndian(item.Hex("bits"));
            Assert.That(Write((ref w) => w.Write(value)), Is.EqualTo(item.Hex("hex")));
            double read = Read(item.Hex("hex"), (ref r) => r.ReadDouble());
            Assert.That(BitConverter.DoubleToInt64Bits(read), Is.EqualTo(BitConverter.DoubleToInt64Bits(value)));
            Assert.That(Read(item.Hex("hex"), (ref r) => r.ReadSingle()), Is.EqualTo((float)value));
        }
    }

    [Test]
    public void Texts_are_utf8_in_one_block_of_memory_or_many()
    {
        foreach (JsonElement item in Cases.GetProperty("texts").EnumerateArray())
        {
            string value = item.GetProperty("value").GetString()!;
            byte[] golden = item.Hex("hex");
            Assert.That(Write((ref w) => w.Write(value)), Is.EqualTo(golden));
            Assert.That(Write((ref w) => w.WriteString(System.Text.Encoding.UTF8.GetBytes(value))), Is.EqualTo(golden));
            Assert.That(Read(golden, (ref r) => r.ReadString()), Is.EqualTo(value));

            var whole = new MessagePackReader(golden);
            Assert.That(whole.TryReadStringSpan(out ReadOnlySpan<byte> span) && whole.End, Is.True);
            Assert.That(System.Text.Encoding.UTF8.GetString(span), Is.EqualTo(value));
        }
    }

    [Test]
    public void Text_across_blocks_is_left_for_the_slow_way()
    {
        byte[] golden = Cases.GetProperty("texts")[2].Hex("hex");
        var reader = new MessagePackReader(SplitSequence.Of(golden, 3));
        Assert.That(reader.TryReadStringSpan(out _), Is.False);
        Assert.That(reader.Consumed, Is.Zero);
        Assert.That(reader.ReadStringSequence()!.Value.Length, Is.EqualTo(golden.Length - 1));
    }

    [Test]
    public void Strings_and_bins_change_header_at_each_size_class()
    {
        foreach (JsonElement item in Cases.GetProperty("strings").EnumerateArray())
        {
            string value = new('a', item.GetProperty("length").GetInt32());
            byte[] golden = [.. item.Hex("head"), .. Enumerable.Repeat((byte)'a', value.Length)];
            Assert.That(Write((ref w) => w.Write(value)), Is.EqualTo(golden));
            Assert.That(Read(golden, (ref r) => r.ReadString()), Is.EqualTo(value));
        }

        foreach (JsonElement item in Cases.GetProperty("bins").EnumerateArray())
        {
            byte[] value = [.. Enumerable.Repeat((byte)0xff, item.GetProperty("length").GetInt32())];
            byte[] golden = [.. item.Hex("head"), .. value];
            Assert.That(Write((ref w) => w.Write(value)), Is.EqualTo(golden));
            Assert.That(Write((ref w) => w.Write(value.AsSpan())), Is.EqualTo(golden));
            Assert.That(Read(golden, (ref r) => r.ReadBytes()!.Value.ToArray()), Is.EqualTo(value));
        }
    }

    [Test]
    public void Arrays_and_maps_change_header_at_each_size_class()
    {
        foreach (JsonElement item in Cases.GetProperty("arrays").EnumerateArray())
        {
            int count = item.GetProperty("length").GetInt32();
            byte[] content = [.. Enumerable.Repeat(MessagePackCode.Nil, count)];
            Assert.That(Write((ref w) => w.WriteArrayHeader(count)), Is.EqualTo(item.Hex("head")));
            Assert.That(Write((ref w) => w.WriteArrayHeader((uint)count)), Is.EqualTo(item.Hex("head")));
            Assert.That(ReadSome([.. item.Hex("head"), .. content], (ref r) => r.ReadArrayHeader()), Is.EqualTo(count));
        }

        foreach (JsonElement item in Cases.GetProperty("maps").EnumerateArray())
        {
            int count = item.GetProperty("length").GetInt32();
            byte[] content = [.. Enumerable.Repeat(MessagePackCode.Nil, 2 * count)];
            Assert.That(Write((ref w) => w.WriteMapHeader(count)), Is.EqualTo(item.Hex("head")));
            Assert.That(Write((ref w) => w.WriteMapHeader((uint)count)), Is.EqualTo(item.Hex("head")));
            Assert.That(ReadSome([.. item.Hex("head"), .. content], (ref r) => r.ReadMapHeader()), Is.EqualTo(count));
        }
    }

    [Test]
    public void A_count_larger_than_what_remains_is_refused()
    {
        Assert.That(() => Read(Hex("dd7fffffff00"), (ref r) => r.ReadArrayHeader()), Throws.TypeOf<EndOfStreamException>());
        Assert.That(() => Read(Hex("df3fffffff0000"), (ref r) => r.ReadMapHeader()), Throws.TypeOf<EndOfStreamException>());
        Assert.That(() => Read(Hex("8200c000"), (ref r) => r.ReadMapHeader()), Throws.TypeOf<EndOfStreamException>());
        Assert.That(() => Read(Hex("c6ffffffff00"), (ref r) => r.ReadBytes() is null), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Read(Hex("dbffffffff00"), (ref r) => r.ReadString()), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Read(Hex("ddffffffff00"), (ref r) => r.ReadArrayHeader()), Throws.TypeOf<EndOfStreamException>());
    }

    [Test]
    public void A_value_of_another_kind_is_refused()
    {
        foreach (string other in (string[])["c1", "c2", "ca00000000", "a161", "c40161", "9100", "810000", "d40000"])
        {
            Assert.That(() => Read(Hex(other), (ref r) => r.ReadInt64()), Throws.TypeOf<MessagePackSerializationException>(), other);
        }

        Assert.That(() => Read([5], (ref r) => r.ReadString()), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([5], (ref r) => r.ReadBytes() is null), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([5], (ref r) => r.ReadBoolean()), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([5], (ref r) => r.ReadNil()), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([5], (ref r) => r.ReadMapHeader()), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([5], (ref r) => r.ReadArrayHeader()), Throws.TypeOf<MessagePackSerializationException>());
        Assert.That(() => Read([0xc1], (ref r) => r.ReadRaw().Length), Throws.TypeOf<MessagePackSerializationException>());
    }

    [Test]
    public void Every_first_byte_has_its_type()
    {
        string types = string.Concat(Enumerable.Range(0, 256).Select(code => MessagePackCode.ToMessagePackType((byte)code) switch
        {
            MessagePackType.Integer => 'i',
            MessagePackType.Nil => 'n',
            MessagePackType.Boolean => 'b',
            MessagePackType.Float => 'f',
            MessagePackType.String => 's',
            MessagePackType.Binary => 'y',
            MessagePackType.Array => 'a',
            MessagePackType.Map => 'm',
            MessagePackType.Extension => 'e',
            _ => '?',
        }));
        string expected = new string('i', 128) + new string('m', 16) + new string('a', 16) + new string('s', 32)
            + "n?bbyyyeeeffiiiiiiiieeeeesssaamm" + new string('i', 32);
        Assert.That(types, Is.EqualTo(expected));
    }

    [Test]
    public void Skip_reads_past_exactly_one_value_of_any_kind()
    {
        foreach (JsonElement item in Cases.GetProperty("skips").EnumerateArray())
        {
            byte[] value = item.Hex();
            Assert.That(ReadSome([.. value, 0x2a], (ref r) => r.ReadRaw().Length), Is.EqualTo(value.Length));
            for (int length = 0; length < value.Length; length++)
            {
                byte[] cut = value[..length];
                Assert.That(() => Read(cut, (ref r) => r.ReadRaw().Length), Throws.TypeOf<EndOfStreamException>());
            }
        }

        byte[] ext32 = Hex("c9000000020765662a");
        Assert.That(ReadSome(ext32, (ref r) => r.ReadRaw().Length), Is.EqualTo(ext32.Length - 1));
    }

    [Test]
    public void Skip_takes_no_stack_for_depth()
    {
        Assert.That(Read(Cases.Hex("deep"), (ref r) => r.ReadRaw().Length), Is.EqualTo(2001));
        byte[] millionDeep = [.. Enumerable.Repeat((byte)0x91, 1_000_000), 0xc0];
        var reader = new MessagePackReader(millionDeep);
        reader.Skip();
        Assert.That(reader.End, Is.True);
    }

    [Test]
    public void A_nested_map_is_written_and_read_like_pythons()
    {
        byte[] golden = Cases.Hex("nested");
        Assert.That(Write(WriteNested), Is.EqualTo(golden));
        Assert.That(Read(golden, ReadNested), Is.EqualTo("0.weight [10,784] float32 31360 2.302585092994046 null hash 40"));
    }

    [Test]
    public void Truncated_at_any_byte_ends_in_one_of_two_exceptions()
    {
        byte[] golden = Cases.Hex("nested");
        for (int length = 0; length < golden.Length; length++)
        {
            byte[] cut = golden[..length];
            Assert.That(
                () => Read(cut, ReadNested),
                Throws.TypeOf<EndOfStreamException>().Or.TypeOf<MessagePackSerializationException>(),
                $"{length} bytes");
        }
    }

    [Test]
    public void Random_bytes_never_bring_more_than_the_documented_exceptions() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                var reader = new MessagePackReader(bytes);
                while (!reader.End)
                {
                    reader.Skip();
                }

                return reader.Consumed == bytes.Length;
            }
            catch (Exception e) when (e is EndOfStreamException or MessagePackSerializationException or OverflowException or ArgumentOutOfRangeException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Test]
    public void What_is_written_reads_back()
    {
        Prop.ForAll<long, double, byte[]>((integer, number, bytes) =>
            Read(Write((ref w) => w.Write(integer)), (ref r) => r.ReadInt64()) == integer
            && Read(Write((ref w) => w.Write(number)), (ref r) => r.ReadDouble()).Equals(number)
            && Read(Write((ref w) => w.Write(bytes)), (ref r) => r.ReadBytes()!.Value.ToArray()).SequenceEqual(bytes))
            .QuickCheckThrowOnFailure();

        // UTF-16 that is not text (lone surrogates) becomes U+FFFD, hence the round trip through UTF-8 first.
        Prop.ForAll<string>(text => text is null || RoundTrip(text) == RoundTrip(RoundTrip(text))).QuickCheckThrowOnFailure();
        Assert.That(RoundTrip("a\ud800b"), Is.EqualTo("a\ufffdb"));
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private static string RoundTrip(string text) => Read(Write((ref w) => w.Write(text)), (ref r) => r.ReadString()!);

    private static void WriteNested(ref MessagePackWriter w)
    {
        w.WriteMapHeader(8);
        w.Write("name");
        w.Write("0.weight");
        w.Write("shape");
        w.WriteArrayHeader(2);
        w.Write(10);
        w.Write(784);
        w.Write("dtype");
        w.Write("float32");
        w.Write("raw");
        w.Write(31360L);
        w.Write("loss");
        w.Write(2.302585092994046);
        w.WriteString("none"u8);
        w.WriteNil();
        w.Write("flags");
        w.WriteRaw(Hex("93c3c281a4646565709390809193ffd1ff7fce00011170"));
        w.Write("hash");
        w.Write(Enumerable.Range(0, 40).Select(i => (byte)i).ToArray());
    }

    private static string ReadNested(ref MessagePackReader r)
    {
        var text = new System.Text.StringBuilder();
        int pairs = r.ReadMapHeader();
        for (int i = 0; i < pairs; i++)
        {
            string key = r.ReadString()!;
            text.Append(i == 0 ? "" : " ");
            switch (key)
            {
                case "name" or "dtype":
                    text.Append(r.ReadString());
                    break;
                case "shape":
                    Assert.That(r.ReadArrayHeader(), Is.EqualTo(2));
                    text.Append('[').Append(r.ReadInt64()).Append(',').Append(r.ReadInt64()).Append(']');
                    break;
                case "raw":
                    text.Append(r.ReadInt32());
                    break;
                case "loss":
                    text.Append(r.ReadDouble());
                    break;
                case "none":
                    text.Append(r.ReadString() ?? "null");
                    break;
                case "hash":
                    text.Append("hash ").Append(r.ReadBytes()!.Value.Length);
                    break;
                default:
                    text.Length--;
                    r.Skip();
                    break;
            }
        }

        return text.ToString();
    }

    private static List<byte[]> WriteAsEveryTypeThatFits(Int128 value)
    {
        List<byte[]> all = [];
        Add(byte.MinValue, byte.MaxValue, (ref w) => w.Write((byte)value));
        Add(sbyte.MinValue, sbyte.MaxValue, (ref w) => w.Write((sbyte)value));
        Add(ushort.MinValue, ushort.MaxValue, (ref w) => w.Write((ushort)value));
        Add(short.MinValue, short.MaxValue, (ref w) => w.Write((short)value));
        Add(uint.MinValue, uint.MaxValue, (ref w) => w.Write((uint)value));
        Add(int.MinValue, int.MaxValue, (ref w) => w.Write((int)value));
        Add(ulong.MinValue, ulong.MaxValue, (ref w) => w.Write((ulong)value));
        Add(long.MinValue, long.MaxValue, (ref w) => w.Write((long)value));
        Assert.That(all, Is.Not.Empty);
        return all;

        void Add(Int128 min, Int128 max, Writing write)
        {
            if (value >= min && value <= max)
            {
                all.Add(Write(write));
            }
        }
    }

    private static void AssertReads<T>(byte[] bytes, Int128 value, Int128 min, Int128 max, Reading<T> read)
        where T : System.Numerics.INumber<T>
    {
        if (value >= min && value <= max)
        {
            Assert.That(Int128.CreateChecked(Read(bytes, read)), Is.EqualTo(value), $"{value} as {typeof(T).Name}");
        }
        else
        {
            Assert.That(() => Read(bytes, read), Throws.TypeOf<OverflowException>(), $"{value} as {typeof(T).Name}");
        }
    }

    private static byte[] Write(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>(1);
        var writer = new MessagePackWriter(buffer);
        write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    // Reads the whole input, from one block and from blocks of one to three bytes, which must make no difference.
    private static T Read<T>(byte[] bytes, Reading<T> read)
    {
        T value = ReadSome(bytes, read, mustEnd: true);
        foreach (int size in (int[])[1, 2, 3])
        {
            if (bytes.Length is > 0 and < 2000)
            {
                var reader = new MessagePackReader(SplitSequence.Of(bytes, size));
                Assert.That(read(ref reader), Is.EqualTo(value));
                Assert.That(reader.End, Is.True);
            }
        }

        return value;
    }

    private static T ReadSome<T>(byte[] bytes, Reading<T> read, bool mustEnd = false)
    {
        var reader = new MessagePackReader(bytes);
        T value = read(ref reader);
        Assert.That(!mustEnd || reader.End, Is.True, "bytes are left over");
        return value;
    }
}
