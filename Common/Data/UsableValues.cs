using System.Runtime.InteropServices;

namespace TraversalLearning.Data;

/// <summary>Rejects values that would make training fail later with a non-finite loss, which would not reveal its cause.</summary>
internal static class UsableValues
{
    /// <summary>Checks samples.</summary>
    /// <param name="samples">The samples as read.</param>
    /// <param name="locate">Returns a sample's file and row.</param>
    /// <exception cref="DataException">A sample has an unusable value.</exception>
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
