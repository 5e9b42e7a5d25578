using System.Runtime.InteropServices;

namespace TraversalLearning.Data.Formats;

/// <summary>Numeric labels in a <c>.npy</c> file: float32 or float64, <c>[n]</c> or <c>[n, k]</c>.</summary>
internal static class NpyTargets
{
    private const int MaxBytes = int.MaxValue / sizeof(double);

    /// <summary>Whether labels of this type are numbers rather than classes.</summary>
    public static bool Are(SampleElement element) => element is SampleElement.Float32 or SampleElement.Float64;

    /// <summary>Reads the labels.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The open file, after its header.</param>
    /// <param name="header">The header.</param>
    /// <param name="count">Number of samples.</param>
    /// <exception cref="DataException">The number of labels is wrong, or a label is not finite.</exception>
    public static SampleTargets Read(string path, Stream file, NpyHeader header, int count)
    {
        if (header.Shape.Length is not (1 or 2))
        {
            throw new DataException(path, $"has the shape {header.Tuple}; labels that are numbers have ({count},) or ({count}, values)");
        }

        if (header.Shape[0] != count)
        {
            throw new DataException(path, $"holds {header.Shape[0]} labels, but there are {count} samples");
        }

        if (header.DataBytes is 0 or > MaxBytes)
        {
            throw new DataException(
                path, $"has the shape {header.Tuple}{(header.DataBytes == 0 ? ", in which there is nothing" : $"; up to {MaxBytes} bytes of labels are supported")}");
        }

        byte[] bytes = new byte[header.DataBytes];
        file.ReadExactly(bytes);
        int width = header.Shape.Length == 1 ? 1 : (int)header.Shape[1];
        double[] values = header.Element == SampleElement.Float32
            ? Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), v => (double)v)
            : MemoryMarshal.Cast<byte, double>(bytes).ToArray();
        int strange = Array.FindIndex(values, v => !double.IsFinite(v));
        return strange < 0
            ? new SampleTargets(width, values)
            : throw new DataException(
                path, $"the label of sample {strange / width} is {values[strange]}, which is not a finite number; replace it, or leave the sample out");
    }
}
