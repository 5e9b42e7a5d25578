using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using K4os.Compression.LZ4;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Tensors;

/// <summary>The LZ4 block format, against blocks made by the Python binding.</summary>
public sealed class Lz4Tests
{
    private static readonly LZ4Level[] Levels = [LZ4Level.L00_FAST, LZ4Level.L03_HC, LZ4Level.L12_MAX];

    private static IEnumerable<TestCaseData<byte[], byte[]>> GoldenBlocks() =>
        Golden.Json("lz4.json").EnumerateArray().Select(item =>
        {
            JsonElement data = item.GetProperty("data");
            byte[] raw = data.TryGetProperty("zeros", out JsonElement zeros) ? new byte[zeros.GetInt32()] : data.Hex("hex");
            return new TestCaseData<byte[], byte[]>(raw, item.Hex("block")).SetArgDisplayNames(item.GetProperty("name").GetString()!);
        });

    [TestCaseSource(nameof(GoldenBlocks))]
    public void Blocks_of_another_implementation_decode(byte[] data, byte[] block)
    {
        byte[] target = new byte[data.Length];
        Assert.That(LZ4Codec.Decode(block, target), Is.EqualTo(data.Length));
        Assert.That(target, Is.EqualTo(data));
    }

    [TestCaseSource(nameof(GoldenBlocks))]
    public void Every_level_round_trips(byte[] data, byte[] block)
    {
        Assert.That(block, Is.Not.Empty);
        foreach (LZ4Level level in Levels)
        {
            byte[] encoded = Encode(data, level);
            byte[] target = new byte[data.Length];
            Assert.That(LZ4Codec.Decode(encoded, target), Is.EqualTo(data.Length));
            Assert.That(target, Is.EqualTo(data));
        }
    }

    [TestCaseSource(nameof(GoldenBlocks))]
    public void A_target_that_is_too_small_is_refused_and_not_overrun(byte[] data, byte[] block)
    {
        byte[] guarded = [.. Enumerable.Repeat((byte)0xa5, data.Length + 64)];
        Assert.That(LZ4Codec.Decode(block, guarded.AsSpan(0, data.Length - 1)), Is.Negative);
        Assert.That(guarded[(data.Length - 1)..], Is.All.EqualTo((byte)0xa5));

        byte[] encoded = Encode(data, LZ4Level.L00_FAST);
        Assert.That(LZ4Codec.Encode(data, guarded.AsSpan(0, encoded.Length - 1)), Is.Negative);
    }

    [TestCaseSource(nameof(GoldenBlocks))]
    public void A_truncated_block_never_gives_the_whole_data(byte[] data, byte[] block)
    {
        byte[] target = new byte[data.Length];
        for (int length = 0; length < block.Length; length++)
        {
            Assert.That(LZ4Codec.Decode(block.AsSpan(0, length), target), Is.LessThan(data.Length), $"{length} bytes");
        }
    }

    [Test]
    public void Empty_data_has_no_block()
    {
        Assert.That(LZ4Codec.Encode([], new byte[16]), Is.Zero);
        Assert.That(LZ4Codec.Decode([], new byte[16]), Is.Zero);
        Assert.That(LZ4Codec.Decode([0], []), Is.EqualTo(-1));
        Assert.That(LZ4Codec.Decode([0], new byte[16]), Is.EqualTo(-1));
        Assert.That(LZ4Codec.Encode([1, 2, 3], []), Is.EqualTo(-1));
    }

    [Test]
    public void The_bound_is_that_of_the_format()
    {
        foreach (int length in (int[])[0, 1, 255, 256, 100_000, 2_000_000_000])
        {
            Assert.That(LZ4Codec.MaximumOutputSize(length), Is.EqualTo(length + (length / 255) + 16));
        }

        Assert.That(LZ4Codec.MaximumOutputSize(int.MaxValue), Is.Zero);
    }

    [Test]
    public void Any_bytes_round_trip() =>
        Prop.ForAll<byte[]>(data =>
        {
            byte[] encoded = Encode(data, LZ4Level.L00_FAST);
            byte[] target = new byte[data.Length];
            return LZ4Codec.Decode(encoded, target) == data.Length && target.AsSpan().SequenceEqual(data);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Random_blocks_stay_within_the_target() =>
        Prop.ForAll<byte[]>(block =>
        {
            byte[] guarded = new byte[256];
            guarded.AsSpan(128).Fill(0xa5);
            int decoded = LZ4Codec.Decode(block, guarded.AsSpan(0, 128));
            return decoded is >= -1 and <= 128 && guarded.AsSpan(128).IndexOfAnyExcept((byte)0xa5) < 0;
        }).QuickCheckThrowOnFailure();

    private static byte[] Encode(byte[] data, LZ4Level level)
    {
        byte[] target = new byte[LZ4Codec.MaximumOutputSize(data.Length)];
        int length = LZ4Codec.Encode(data, target, level);
        return target[..length];
    }
}
