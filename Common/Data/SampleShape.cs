namespace TraversalLearning.Data;

/// <summary>
/// Which shapes of a sample are the same: as many values in the same order. Dimensions of 1 in front change nothing, and a sample that is flat is taken to be in the
/// order of the other; but images with the channels last are not those with the channels first.
/// </summary>
public static class SampleShape
{
    /// <summary>Whether one may be taken for the other.</summary>
    public static bool IsSame(long[] one, long[] other)
    {
        ReadOnlySpan<long> a = Trimmed(one);
        ReadOnlySpan<long> b = Trimmed(other);
        return a.SequenceEqual(b) || (Size(one) == Size(other) && (a.Length == 1 || b.Length == 1));
    }

    /// <summary>As it is written in messages: <c>[3, 32, 32]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    /// <summary>
    /// How to save samples of a shape so that they have another one, where it can be told: the channels are last and are to be first. Else <see langword="null"/>.
    /// </summary>
    public static string? Transposition(long[] shape, long[] wanted) =>
        shape is [var h, var w, var c] && wanted is [var channels, var rows, var columns] && (h, w, c) == (rows, columns, channels) ? "x.transpose(0, 3, 1, 2)" : null;

    /// <summary>How many values; -1 if they are too many for a sample.</summary>
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
