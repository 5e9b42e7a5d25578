using System.Runtime.InteropServices;
using TraversalLearning.Tensors;

namespace TraversalLearning.Tests.Unit.Tensors;

/// <summary>NaN and infinity are found wherever they stand, and nothing else is.</summary>
public sealed class NonFiniteTests
{
    private static readonly float[] Finite32 = [0f, -0f, 1f, -1f, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, 1e-40f];
    private static readonly double[] Finite64 = [0, -0.0, 1, -1, double.MaxValue, double.MinValue, double.Epsilon, 1e-310];
    private static readonly uint[] Bad32 = [0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFFFF_FFFF];
    private static readonly ulong[] Bad64 = [0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, ulong.MaxValue];

    [Test]
    public void It_is_found_at_every_place_of_every_length()
    {
        for (int length = 0; length <= 70; length++)
        {
            uint[] bits32 = [.. Enumerable.Range(0, length).Select(i => BitConverter.SingleToUInt32Bits(Finite32[i % Finite32.Length]))];
            ulong[] bits64 = [.. Enumerable.Range(0, length).Select(i => BitConverter.DoubleToUInt64Bits(Finite64[i % Finite64.Length]))];
            Assert.That(IndexOf(bits32, ElementType.Float32), Is.EqualTo(-1));
            Assert.That(IndexOf(bits64, ElementType.Float64), Is.EqualTo(-1));
            for (int i = 0; i < length; i++)
            {
                uint[] wrong32 = [.. bits32];
                ulong[] wrong64 = [.. bits64];
                wrong32[i] = Bad32[i % Bad32.Length];
                wrong64[i] = Bad64[i % Bad64.Length];
                wrong32[^1] = i % 2 == 0 ? wrong32[^1] : Bad32[0];
                Assert.That(IndexOf(wrong32, ElementType.Float32), Is.EqualTo(i), $"{i} of {length}");
                Assert.That(IndexOf(wrong64, ElementType.Float64), Is.EqualTo(i), $"{i} of {length}");
            }
        }
    }

    [Test]
    public void Integers_are_finite() => Assert.That(IndexOf(Bad32, ElementType.Int32), Is.EqualTo(-1));

    private static int IndexOf<T>(T[] bits, ElementType type)
        where T : unmanaged => NonFinite.IndexOf(MemoryMarshal.AsBytes<T>(bits), type);
}
