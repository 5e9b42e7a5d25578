namespace TraversalLearning.Data;

/// <summary>Numeric labels, for regression. The array is read-only.</summary>
public sealed class SampleTargets
{
    /// <summary>Creates labels that take ownership of an array.</summary>
    /// <param name="width">Numbers per sample, from 1.</param>
    /// <param name="values">All numbers, row-major <c>[n, width]</c>.</param>
    /// <exception cref="ArgumentException">The array is not a whole number of samples.</exception>
    public SampleTargets(int width, double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (values.Length % width != 0)
        {
            throw new ArgumentException($"{values.Length} numbers are not so many samples of {width}.", nameof(values));
        }

        Width = width;
        Values = values;
    }

    /// <summary>Numbers per sample.</summary>
    public int Width { get; }

    /// <summary>All numbers, row-major <c>[Count, Width]</c>.</summary>
    public double[] Values { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Values.Length / Width;

    /// <summary>A copy of the rows at <paramref name="indices"/>, in that order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of range.</exception>
    public SampleTargets Select(ReadOnlySpan<int> indices)
    {
        double[] values = new double[checked(indices.Length * Width)];
        for (int i = 0; i < indices.Length; i++)
        {
            Values.AsSpan(indices[i] * Width, Width).CopyTo(values.AsSpan(i * Width));
        }

        return new SampleTargets(Width, values);
    }
}
