using System.Numerics;
using System.Runtime.InteropServices;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// Rounds elements to integers and back. A scale is a power of two, so that only the rounding to an integer, to nearest and
/// even, loses digits; the result does not depend on the machine.
/// </summary>
/// <param name="format">The integers.</param>
internal readonly struct IntegerRounding(SumFormat format)
{
    private readonly bool _wide = format.Bits == 64;
    private readonly bool _double = format.Elements == ElementType.Float64;
    private readonly long _limit = format.Limit;

    /// <summary>Quantises a range.</summary>
    /// <returns>Whether every element is finite and fits.</returns>
    public bool Quantise(ReadOnlySpan<byte> elements, Span<byte> integers, int offset, int count, int shift) => (_double, _wide) switch
    {
        (false, false) => Quantise(Part<float>(elements, offset, count), Part<int>(integers, offset, count), shift),
        (false, true) => Quantise(Part<float>(elements, offset, count), Part<long>(integers, offset, count), shift),
        _ => Quantise(Part<double>(elements, offset, count), Part<long>(integers, offset, count), shift),
    };

    /// <summary>Converts a range of integers to elements.</summary>
    public void Dequantise(ReadOnlySpan<byte> integers, Span<byte> elements, int offset, int count, int shift)
    {
        if (_double)
        {
            Span<double> target = Part<double>(elements, offset, count);
            ReadOnlySpan<long> source = Part<long>(integers, offset, count);
            for (int i = 0; i < count; i++)
            {
                target[i] = Math.ScaleB(source[i], -shift);
            }
        }
        else if (_wide)
        {
            Span<float> target = Part<float>(elements, offset, count);
            ReadOnlySpan<long> source = Part<long>(integers, offset, count);
            double unit = Math.ScaleB(1, -shift);
            for (int i = 0; i < count; i++)
            {
                target[i] = (float)(source[i] * unit);
            }
        }
        else
        {
            Dequantise(Part<int>(integers, offset, count), Part<float>(elements, offset, count), shift);
        }
    }

    /// <summary>The largest absolute value of a range of integers.</summary>
    public ulong Largest(ReadOnlySpan<byte> integers, int offset, int count) => _wide
        ? Largest(Part<long>(integers, offset, count))
        : Largest(Part<int>(integers, offset, count));

    private static Span<T> Part<T>(Span<byte> bytes, int offset, int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).Slice(offset, count);

    private static ReadOnlySpan<T> Part<T>(ReadOnlySpan<byte> bytes, int offset, int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes).Slice(offset, count);

    private static ulong Largest<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        // Both ends instead of absolute values: the least integer has none.
        Vector<T> least = Vector<T>.Zero, most = Vector<T>.Zero;
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        foreach (Vector<T> vector in vectors)
        {
            least = Vector.Min(least, vector);
            most = Vector.Max(most, vector);
        }

        long low = 0;
        long high = 0;
        for (int i = 0; i < Vector<T>.Count; i++)
        {
            low = Math.Min(low, long.CreateChecked(least[i]));
            high = Math.Max(high, long.CreateChecked(most[i]));
        }

        for (int i = vectors.Length * Vector<T>.Count; i < values.Length; i++)
        {
            low = Math.Min(low, long.CreateChecked(values[i]));
            high = Math.Max(high, long.CreateChecked(values[i]));
        }

        return Math.Max((ulong)high, 0UL - (ulong)low);
    }

    private bool Quantise(ReadOnlySpan<float> elements, Span<int> integers, int shift)
    {
        // 2^shift itself may be beyond the type: half of it twice never is.
        float first = MathF.ScaleB(1, shift / 2);
        float second = MathF.ScaleB(1, shift - (shift / 2));
        float limit = LimitAsFloat();
        var limits = new Vector<float>(limit);
        ReadOnlySpan<Vector<float>> source = MemoryMarshal.Cast<float, Vector<float>>(elements);
        Span<Vector<int>> target = MemoryMarshal.Cast<int, Vector<int>>(integers);
        Vector<int> fits = Vector<int>.AllBitsSet;
        for (int i = 0; i < source.Length; i++)
        {
            Vector<float> scaled = source[i] * first * second;
            fits &= Vector.LessThanOrEqual(Vector.Abs(scaled), limits);
            target[i] = Vector.ConvertToInt32(Vector.Round(scaled));
        }

        bool all = fits == Vector<int>.AllBitsSet;
        for (int i = source.Length * Vector<float>.Count; i < elements.Length; i++)
        {
            float scaled = elements[i] * first * second;
            all &= MathF.Abs(scaled) <= limit;
            integers[i] = (int)MathF.Round(scaled);
        }

        return all;
    }

    private bool Quantise(ReadOnlySpan<float> elements, Span<long> integers, int shift)
    {
        bool all = true;
        double unit = Math.ScaleB(1, shift);
        double limit = Math.BitDecrement((double)_limit);
        for (int i = 0; i < elements.Length; i++)
        {
            double scaled = elements[i] * unit;
            all &= Math.Abs(scaled) <= limit;
            integers[i] = (long)Math.Round(scaled);
        }

        return all;
    }

    private bool Quantise(ReadOnlySpan<double> elements, Span<long> integers, int shift)
    {
        bool all = true;
        double first = Math.ScaleB(1, shift / 2);
        double second = Math.ScaleB(1, shift - (shift / 2));
        double limit = Math.BitDecrement((double)_limit);
        for (int i = 0; i < elements.Length; i++)
        {
            double scaled = elements[i] * first * second;
            all &= Math.Abs(scaled) <= limit;
            integers[i] = (long)Math.Round(scaled);
        }

        return all;
    }

    private static void Dequantise(ReadOnlySpan<int> integers, Span<float> elements, int shift)
    {
        float first = MathF.ScaleB(1, -(shift / 2));
        float second = MathF.ScaleB(1, (shift / 2) - shift);
        ReadOnlySpan<Vector<int>> source = MemoryMarshal.Cast<int, Vector<int>>(integers);
        Span<Vector<float>> target = MemoryMarshal.Cast<float, Vector<float>>(elements);
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = Vector.ConvertToSingle(source[i]) * first * second;
        }

        for (int i = source.Length * Vector<int>.Count; i < integers.Length; i++)
        {
            elements[i] = integers[i] * first * second;
        }
    }

    /// <summary>A limit that is not above the integer limit, whatever it is rounded to.</summary>
    private float LimitAsFloat() => MathF.BitDecrement((float)_limit);
}
