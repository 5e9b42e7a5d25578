using System.Buffers.Binary;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// Reads the IDX format of the MNIST family (big-endian magic and dimensions, then the bytes), optionally gzipped.
/// Files are untrusted: every defect throws a <see cref="DataException"/>, and no more memory is allocated than the file's
/// own bytes account for.
/// </summary>
public static class IdxReader
{
    /// <summary>Maximum number of rows or columns of an image.</summary>
    public const int MaxSide = 4096;

    private const uint ImagesMagic = 0x00000803;
    private const uint LabelsMagic = 0x00000801;

    /// <summary>Reads images and their labels.</summary>
    /// <param name="imagesPath">An <c>idx3-ubyte</c> file.</param>
    /// <param name="labelsPath">An <c>idx1-ubyte</c> file with as many labels.</param>
    /// <param name="classCount">If given, every label must be smaller.</param>
    /// <exception cref="DataException">A file cannot be opened, is damaged, or does not match the other.</exception>
    public static SampleSet Read(string imagesPath, string labelsPath, int? classCount = null)
    {
        // The small file first: a mismatch should not cost reading the large one.
        (int[] labelDimensions, byte[] labels) = ReadFile(labelsPath, LabelsMagic, dimensions: 1, expectedCount: null);
        (int[] shape, byte[] pixels) = ReadFile(imagesPath, ImagesMagic, dimensions: 3, expectedCount: labelDimensions[0]);
        int largest = classCount is { } count ? labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)Math.Clamp(count - 1, 0, 255)) : -1;
        if (largest >= 0)
        {
            throw new DataException(labelsPath, $"label {labels[largest]} of sample {largest} is not below the {classCount} classes");
        }

        return SampleSet.GreyImages(pixels, labels, shape[1], shape[2]);
    }

    /// <summary>Reads images without labels.</summary>
    /// <exception cref="DataException">The file cannot be opened, or is damaged.</exception>
    public static SampleSet ReadUnlabelled(string imagesPath)
    {
        (int[] shape, byte[] pixels) = ReadFile(imagesPath, ImagesMagic, dimensions: 3, expectedCount: null);
        return new SampleSet(SampleElement.UInt8, [1, shape[1], shape[2]], pixels, new int[shape[0]]) { IsLabelled = false };
    }

    private static (int[] Dimensions, byte[] Content) ReadFile(string path, uint magic, int dimensions, int? expectedCount)
    {
        try
        {
            using IdxSource source = IdxSource.Open(path);
            byte[] header = source.ReadUpTo(4 + (4 * dimensions));
            if (header.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(header) != magic)
            {
                throw new DataException(path, $"not an IDX file of {(dimensions == 1 ? "labels" : "images")} (it should begin with 0x{magic:x8})");
            }

            if (header.Length < 4 + (4 * dimensions))
            {
                throw new DataException(path, "truncated within its header");
            }

            int[] shape = ReadShape(path, header, dimensions);
            if (expectedCount is { } expected && shape[0] != expected)
            {
                throw new DataException(path, $"holds {shape[0]} images, but there are {expected} labels");
            }

            long size = 1;
            foreach (int dimension in shape)
            {
                size *= dimension;
            }

            if (size > Array.MaxLength)
            {
                throw new DataException(path, $"claims {size} bytes, more than the {Array.MaxLength} that are supported");
            }

            return (shape, source.ReadRest((int)size));
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    private static int[] ReadShape(string path, byte[] header, int dimensions)
    {
        int[] shape = new int[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 + (4 * i)));
            int limit = i == 0 ? int.MaxValue : MaxSide;
            if (value is 0 || value > (uint)limit)
            {
                throw new DataException(path, $"dimension {i} is {value}; 1 to {limit} is supported");
            }

            shape[i] = (int)value;
        }

        return shape;
    }
}
