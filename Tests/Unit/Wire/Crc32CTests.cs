using System.IO.Hashing;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Wire;

/// <summary>Against the vectors of RFC 3720, appendix B.4, and the check value of the CRC catalogues.</summary>
public sealed class Crc32CTests
{
    private static IEnumerable<TestCaseData> Vectors()
    {
        yield return new TestCaseData(Array.Empty<byte>(), 0u).SetArgDisplayNames("nothing");
        yield return new TestCaseData("123456789"u8.ToArray(), 0xE3069283u).SetArgDisplayNames("123456789");
        yield return new TestCaseData(new byte[32], 0x8A9136AAu).SetArgDisplayNames("zeros");
        yield return new TestCaseData(Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43u).SetArgDisplayNames("ones");
        yield return new TestCaseData(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794Eu).SetArgDisplayNames("ascending");
        yield return new TestCaseData(Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113FDB5Cu).SetArgDisplayNames("descending");
    }

    [TestCaseSource(nameof(Vectors))]
    public void Gives_the_published_values(byte[] data, uint expected) => Assert.That(Crc32C.Compute(data), Is.EqualTo(expected));

    [Test]
    public void Goes_on_where_it_stopped() =>
        Prop.ForAll<byte[], byte[]>((first, second) => InPieces(first, second) == Crc32C.Compute([.. first, .. second])).QuickCheckThrowOnFailure();

    [Test]
    public void Is_that_of_the_definition_at_every_length_and_alignment()
    {
        byte[] data = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 37))];
        for (int start = 0; start < 9; start++)
        {
            for (int length = 0; length <= data.Length - start; length++)
            {
                ReadOnlySpan<byte> part = data.AsSpan(start, length);
                Assert.That(Crc32C.Compute(part), Is.EqualTo(BitByBit(part)), $"{length} bytes from {start}");
            }
        }
    }

    private static uint InPieces(params byte[][] pieces)
    {
        Crc32 checksum = Crc32C.Begin();
        foreach (byte[] piece in pieces)
        {
            checksum.Append(piece);
        }

        return checksum.GetCurrentHashAsUInt32();
    }

    private static uint BitByBit(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }
}
