namespace TraversalLearning.Data;

/// <summary>
/// Compares sample shapes. Shapes are equal if they hold the same values in the same order: leading dimensions of 1 are ignored,
/// and a flat sample is assumed to be in the other's order. Channels-last images do not match channels-first ones.
/// </summary>
public static class SampleShape
{
    /// <summary>Whether the shapes are interchangeable.</summary>
    public static bool IsSame(long[] one, long[] other)
    {
        ReadOnlySpan<long> a = Trimmed(one);
        ReadOnlySpan<long> b = Trimmed(other);
        return a.SequenceEqual(b) || (Size(one) == Size(other) && (a.Length == 1 || b.Length == 1));
    }

    /// <summary>The shape in messages: <c>[3, 32, 32]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    /// <summary>
    /// How to save samples in the wanted shape, if channels are last and should be first; otherwise <see langword="null"/>.
    /// </summary>
    public static string? Transposition(long[] shape, long[] wanted) =>
        shape is [var h, var w, var c] && wanted is [var channels, var rows, var columns] && (h, w, c) == (rows, columns, channels) ? "x.transpose(0, 3, 1, 2)" : null;

    /// <summary>Number of values; -1 if too large for a sample.</summary>
    public static long Size(ReadOnlySpan<long> shape)
    {
        Int128 size = 1;
        foreach (long dimension in shape)
        {
            size *= dimension;
            if (size <= 0 || size > int.MaxValue)
            {
                return -1;
            }
        }

        return (long)size;
    }

    private static ReadOnlySpan<long> Trimmed(long[] shape)
    {
        ReadOnlySpan<long> trimmed = shape;
        while (trimmed.Length > 1 && trimmed[0] == 1)
        {
            trimmed = trimmed[1..];
        }

        return trimmed;
    }
}
