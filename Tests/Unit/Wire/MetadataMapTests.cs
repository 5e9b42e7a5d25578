using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Wire;

/// <summary>What a frame's metadata may be, and that everything else ends in the one exception.</summary>
public sealed class MetadataMapTests
{
    private const string Deep6 = "91" + "91" + "91" + "91" + "91" + "01";
    private const string Deep7 = "91" + Deep6;

    private static IEnumerable<TestCaseData> Malformed()
    {
        yield return Case("nothing", []);
        yield return Case("nil", [0xC0]);
        yield return Case("an array", Pack.Of(new object[] { 1, 2 }));
        yield return Case("a number", [7]);
        yield return Case("text", Pack.Of("map"));
        yield return Case("a code that MessagePack does not use", [0xC1]);
        yield return Case("a number for a key", Pack.Map((1, 1)));
        yield return Case("nil for a key", Pack.Map((null, 1)));
        yield return Case("bytes for a key", [0x81, 0xC4, 1, 97, 1]);
        yield return Case("an array for a key", Pack.Map((Array.Empty<object>(), 1)));
        yield return Case("a key twice", Pack.Map(("a", 1), ("b", 1), ("a", 1)));
        yield return Case("a key twice, written differently", [0x82, 0xA1, 97, 1, 0xD9, 1, 97, 1]);
        yield return Case("a key without a value", [0x81, 0xA1, 97]);
        yield return Case("fewer pairs than it says", [0x82, 0xA1, 97, 1]);
        yield return Case("a byte behind the map", [.. Pack.Map(("a", 1)), 0]);
        yield return Case("a map behind the map", [0x80, 0x80]);
        yield return Case("a key longer than the rest", [0x81, 0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 97]);
        yield return Case("a value longer than the rest", [0x81, 0xA1, 97, 0xC6, 0xFF, 0xFF, 0xFF, 0xFF]);
        yield return Case("an array longer than the rest", [0x81, 0xA1, 97, 0xDD, 0x7F, 0xFF, 0xFF, 0xFF]);
        yield return Case("an array of more than int", [0x81, 0xA1, 97, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF]);
        yield return Case("a map longer than the rest", [0xDF, 0x7F, 0xFF, 0xFF, 0xFF]);
        yield return Case("a map of more than int", [0xDF, 0xFF, 0xFF, 0xFF, 0xFF]);
        yield return Case("an extension", [0x81, 0xA1, 97, 0xD4, 1, 1]);
        yield return Case("a code that MessagePack does not use, inside", [0x81, 0xA1, 97, 0xC1]);
        yield return Case("seven levels", [0x81, 0xA1, 97, .. Convert.FromHexString(Deep7)]);
        yield return Case("a thousand levels", [0x81, 0xA1, 97, .. Enumerable.Repeat((byte)0x91, 1000), 1]);
        yield return Case("a thousand levels of maps", [0x81, 0xA1, 97, .. Enumerable.Repeat((byte)0x81, 1000), 1]);

        static TestCaseData Case(string name, byte[] bytes) => new TestCaseData(bytes).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Malformed))]
    public void Refuses_what_is_not_one_map_of_distinct_text_keys(byte[] bytes) =>
        Assert.That(ErrorOf(() => Parse(bytes)), Is.EqualTo(ProtocolError.MalformedMetadata));

    [Test]
    public void Takes_32_fields_and_no_more()
    {
        (object?, object?)[] fields = [.. Enumerable.Range(0, 33).Select(i => ((object?)$"k{i}", (object?)i))];
        MetadataMap map = Parse(Pack.Map(fields[..32]));
        Assert.That(map.Int32("k31"u8), Is.EqualTo(31));
        Assert.That(ErrorOf(() => Parse(Pack.Map(fields))), Is.EqualTo(ProtocolError.LimitExceeded));
    }

    [Test]
    public void Takes_six_levels() => Assert.That(Parse([0x81, 0xA1, 97, .. Convert.FromHexString(Deep6)]).Has("a"u8), Is.True);

    [Test]
    public void Fields_that_nobody_asks_for_do_no_harm()
    {
        object?[] values = [null, true, -5, ulong.MaxValue, 1.5f, "text", new object[] { 1, "x" }, new (object?, object?)[] { (1, 2) }];
        MetadataMap map = Parse(Pack.Map([.. values.Select((v, i) => ((object?)$"later{i}", v)), ("epoch", 3)]));
        Assert.That(map.Int32("epoch"u8), Is.EqualTo(3));
    }

    [Test]
    public void Is_reused_without_a_trace_of_the_frame_before()
    {
        MetadataMap map = Parse(Pack.Map(("a", 1), ("b", 2)));
        map.Parse(Pack.Map(("b", 3)));
        Assert.That(map.Has("a"u8), Is.False);
        Assert.That(map.Int32("b"u8), Is.EqualTo(3));
    }

    [TestCase("text")]
    [TestCase(1.0)]
    [TestCase(1.0f)]
    [TestCase(true)]
    [TestCase(null)]
    public void An_integer_is_nothing_else(object? value)
    {
        MetadataMap map = Parse(Pack.Map(("a", value)));
        Assert.That(ErrorOf(() => map.Int32("a"u8)), Is.EqualTo(ProtocolError.MalformedMetadata));
        Assert.That(ErrorOf(() => map.Int64("a"u8)), Is.EqualTo(ProtocolError.MalformedMetadata));
    }

    [TestCase(0L, true)]
    [TestCase(10L, true)]
    [TestCase(-1L, false)]
    [TestCase(11L, false)]
    [TestCase(long.MinValue, false)]
    [TestCase(long.MaxValue, false)]
    [TestCase(1L << 32, false)]
    public void An_integer_is_within_its_range(long value, bool accepted)
    {
        MetadataMap map = Parse(Pack.Map(("a", value)));
        if (accepted)
        {
            Assert.That(map.Int32("a"u8, 0, 10), Is.EqualTo(value));
        }
        else
        {
            Assert.That(ErrorOf(() => map.Int32("a"u8, 0, 10)), Is.EqualTo(ProtocolError.MalformedMetadata));
        }
    }

    [Test]
    public void An_integer_over_63_bits_is_refused() =>
        Assert.That(ErrorOf(() => Parse(Pack.Map(("a", ulong.MaxValue))).Int64("a"u8)), Is.EqualTo(ProtocolError.MalformedMetadata));

    [TestCase("text")]
    [TestCase(true)]
    [TestCase(null)]
    public void A_float_is_a_number(object? value) =>
        Assert.That(ErrorOf(() => Parse(Pack.Map(("a", value))).Double("a"u8)), Is.EqualTo(ProtocolError.MalformedMetadata));

    [Test]
    public void A_float_may_be_written_as_any_number()
    {
        MetadataMap map = Parse(Pack.Map(("a", 0.1), ("b", 0.5f), ("c", -3), ("d", double.NaN)));
        Assert.That(map.Double("a"u8), Is.EqualTo(0.1));
        Assert.That(map.Double("b"u8), Is.EqualTo(0.5));
        Assert.That(map.Double("c"u8), Is.EqualTo(-3));
        Assert.That(map.Double("d"u8), Is.NaN);
    }

    [Test]
    public void A_string_is_of_at_most_so_many_bytes()
    {
        MetadataMap map = Parse(Pack.Map(("ascii", "12345678"), ("umlauts", "äöüß"), ("long", "123456789")));
        Assert.That(map.String("ascii"u8, 8), Is.EqualTo("12345678"));
        Assert.That(map.String("umlauts"u8, 8), Is.EqualTo("äöüß"));
        Assert.That(ErrorOf(() => map.String("long"u8, 8)), Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(ErrorOf(() => map.String("umlauts"u8, 7)), Is.EqualTo(ProtocolError.LimitExceeded));
    }

    [TestCase("C0", TestName = "A_string_is_not_nil")]
    [TestCase("07", TestName = "A_string_is_not_a_number")]
    [TestCase("C40161", TestName = "A_string_is_not_bytes")]
    [TestCase("A1FF", TestName = "A_string_is_UTF8")]
    [TestCase("A2C0AF", TestName = "A_string_is_UTF8_in_its_shortest_form")]
    [TestCase("A3EDA080", TestName = "A_string_has_no_lone_surrogates")]
    [TestCase("A1C3", TestName = "A_string_is_whole_characters")]
    public void A_string_is_text(string value) =>
        Assert.That(
            ErrorOf(() => Parse(Pack.Map(("a", Convert.FromHexString(value)))).String("a"u8, 8)), Is.EqualTo(ProtocolError.MalformedMetadata));

    [Test]
    public void An_array_is_of_so_many_integers_that_are_not_negative()
    {
        Assert.That(Array(new object[] { 1, 0, long.MaxValue }), Is.EqualTo(new[] { 1, 0, long.MaxValue }));
        Assert.That(Array(System.Array.Empty<object>()), Is.Empty);
        Assert.That(ErrorOf(() => Array(new object[] { 1, 2, 3, 4 })), Is.EqualTo(ProtocolError.LimitExceeded));
        foreach (object? item in new object?[] { -1, "1", 1.0, null, ulong.MaxValue, new object[] { 1 } })
        {
            Assert.That(ErrorOf(() => Array(new[] { item })), Is.EqualTo(ProtocolError.MalformedMetadata), $"{item}");
        }

        foreach (object? value in new object?[] { 1, null, "123", new (object?, object?)[] { (1, 2) } })
        {
            Assert.That(ErrorOf(() => Array(value)), Is.EqualTo(ProtocolError.MalformedMetadata), $"{value}");
        }

        static long[] Array(object? value) => Parse(Pack.Map(("a", value))).Int64Array("a"u8, 3);
    }

    [Test]
    public void A_missing_field_is_named()
    {
        ProtocolException e = Assert.Throws<ProtocolException>((Action)(() => Parse(Pack.Map(("batch", 1))).Int32("epoch"u8)))!;
        Assert.That(e.Error, Is.EqualTo(ProtocolError.MalformedMetadata));
        Assert.That(e.Message, Does.Contain("'epoch'"));
    }

    private static MetadataMap Parse(byte[] bytes)
    {
        var map = new MetadataMap();
        map.Parse(bytes);
        return map;
    }

    private static ProtocolError ErrorOf(Action action) => Assert.Throws<ProtocolException>(action)!.Error;
}
