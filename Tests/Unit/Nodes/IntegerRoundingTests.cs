using System.Runtime.InteropServices;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Tensors;

namespace TraversalLearning.Tests.Unit.Nodes;

public sealed class IntegerRoundingTests
{
    // (2^63 − 1) / 2 is 2^62 as a floating-point number: two such integers would wrap.
    [TestCase(61, true)]
    [TestCase(62, false)]
    public void No_integer_is_above_the_limit(int shift, bool fits)
    {
        float[] single = [1];
        double[] twice = [1];
        long[] integer = [0];
        Span<byte> target = MemoryMarshal.AsBytes(integer.AsSpan());
        Assert.That(Rounding(ElementType.Float32).Quantise(MemoryMarshal.AsBytes(single.AsSpan()), target, 0, 1, shift), Is.EqualTo(fits));
        Assert.That(Rounding(ElementType.Float64).Quantise(MemoryMarshal.AsBytes(twice.AsSpan()), target, 0, 1, shift), Is.EqualTo(fits));
    }

    private static IntegerRounding Rounding(ElementType type) => new(new SumFormat(type, 64, 2));
}
