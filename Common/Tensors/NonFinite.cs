using System.Numerics;
using System.Runtime.InteropServices;

namespace TraversalLearning.Tensors;

/// <summary>Finds NaN and infinity among a tensor's bytes: numbers whose exponent bits are all ones.</summary>
public static class NonFinite
{
    private const uint Exponent32 = 0x7F80_0000;
    private const ulong Exponent64 = 0x7FF0_0000_0000_0000;

    /// <summary>The index of the first non-finite element; −1 if there is none.</summary>
    /// <param name="elements">The elements' bytes.</param>
    /// <param name="type">Element type; integers are always finite.</param>
    public static int IndexOf(ReadOnlySpan<byte> elements, ElementType type) => type switch
    {
        ElementType.Float32 => IndexOf(MemoryMarshal.Cast<byte, uint>(elements), Exponent32),
        ElementType.Float64 => IndexOf(MemoryMarshal.Cast<byte, ulong>(elements), Exponent64),
        _ => -1,
    };

    private static int IndexOf<T>(ReadOnlySpan<T> bits, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        // Compare whole vectors while they are finite; at the first that is not, and at the end, compare single elements.
        int i = 0;
        var mask = new Vector<T>(exponent);
        while (bits.Length - i >= Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(bits[i..]) & mask, mask))
        {
            i += Vector<T>.Count;
        }

        while (i < bits.Length && (bits[i] & exponent) != exponent)
        {
            i++;
        }

        return i < bits.Length ? i : -1;
    }
}
