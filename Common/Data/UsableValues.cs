using System.Runtime.InteropServices;

namespace TraversalLearning.Data;

/// <summary>Refuses what no training could use: it would show only as a loss that is not finite, with nothing to say where it came from.</summary>
internal static class UsableValues
{
    /// <summary>Looks through samples.</summary>
    /// <param name="samples">As they were read.</param>
    /// <param name="locate">In which file a sample is, and where there.</param>
    /// <exception cref="DataException">One of them has a value that cannot be used.</exception>
    public static void Require(SampleSet samples, Func<int, (string Path, int Row)> locate)
    {
        ReadOnlySpan<byte> values = samples.Values;
        switch (samples.Element)
        {
            case SampleElement.Float32:
                Require(MemoryMarshal.Cast<byte, float>(values), float.IsFinite, "is not a finite number; replace it, or leave the sample out");
                break;
            case SampleElement.Float64:
                Require(MemoryMarshal.Cast<byte, double>(values), double.IsFinite, "is not a finite number; replace it, or leave the sample out");
                break;
            case SampleElement.Int32:
                Require(MemoryMarshal.Cast<byte, int>(values), static token => token >= 0, "is negative; tokens count from 0");
                break;
            case SampleElement.Int64:
                Require(MemoryMarshal.Cast<byte, long>(values), static token => token >= 0, "is negative; tokens count from 0");
                break;
        }

        void Require<T>(ReadOnlySpan<T> elements, Func<T, bool> isUsable, string otherwise)
        {
            for (int i = 0; i < elements.Length; i++)
            {
                if (!isUsable(elements[i]))
                {
                    (string path, int row) = locate(i / samples.SampleSize);
                    throw new DataException(path, $"value {i % samples.SampleSize} of sample {row} is {elements[i]}, which {otherwise}");
                }
            }
        }
    }
}
