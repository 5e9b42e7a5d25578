using System.Buffers.Binary;

namespace TraversalLearning.Data.Formats;

/// <summary>Class labels in a numpy array: uint8, int32 or int64, <c>[n]</c> or <c>[n, 1]</c>.</summary>
internal static class NpyLabels
{
    /// <summary>Reads the labels.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The open file, after its header.</param>
    /// <param name="header">The header.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="classCount">Upper bound of labels, exclusive.</param>
    /// <exception cref="DataException">The number of labels is wrong, or a label is not a class.</exception>
    public static int[] Read(string path, Stream file, NpyHeader header, int count, int classCount)
    {
        if (header.Shape is not ([_] or [_, 1]))
        {
            throw new DataException(path, $"has the shape {header.Tuple}; labels are one number a sample, ({count},){Advice(file, header)}");
        }

        if (header.Shape[0] != count)
        {
            throw new DataException(path, $"holds {header.Shape[0]} labels, but there are {count} samples");
        }

        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            long label = Next(file, header.Element);
            if (label < 0 || label >= classCount)
            {
                throw new DataException(path, $"label {label} of sample {i} is not from 0 to {classCount - 1}");
            }

            labels[i] = (int)label;
        }

        return labels;
    }

    /// <summary>What to save instead. Suggests argmax only if each row has a single 1.</summary>
    private static string Advice(Stream file, NpyHeader header)
    {
        if (header.Shape is not [var rows, > 1 and var width])
        {
            return string.Empty;
        }

        for (long row = 0; row < rows; row++)
        {
            long ones = 0;
            for (long i = 0; i < width; i++)
            {
                long value = Next(file, header.Element);
                ones += value == 1 ? 1 : value == 0 ? 0 : 2;
            }

            if (ones != 1)
            {
                return $": {width} of them for each sample cannot be learned at once; save one of the columns, y[:, i]";
            }
        }

        return ": save these, which are one-hot, as y.argmax(1)";
    }

    private static long Next(Stream file, SampleElement element)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        bytes = bytes[..element.Size()];
        file.ReadExactly(bytes);
        return bytes.Length switch
        {
            sizeof(byte) => bytes[0],
            sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }
}
