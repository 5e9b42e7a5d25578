using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TraversalLearning.Data;

/// <summary>Labelled grey images in memory, as they stand in IDX files. The arrays belong to the set and are not to be changed.</summary>
public sealed record ImageSet
{
    /// <summary>A set over arrays that the caller gives away.</summary>
    /// <exception cref="ArgumentException">The arrays do not have the sizes that the shape says.</exception>
    public ImageSet(byte[] pixels, byte[] labels, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (pixels.LongLength != (long)labels.Length * rows * columns)
        {
            throw new ArgumentException(
                $"{pixels.Length} pixels are not {labels.Length} images of {rows} x {columns}.", nameof(pixels));
        }

        Pixels = pixels;
        Labels = labels;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Pixels, row-major <c>[Count, Rows, Columns] uint8</c>, 0 to 255.</summary>
    public byte[] Pixels { get; }

    /// <summary>Labels, <c>[Count] uint8</c>.</summary>
    public byte[] Labels { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Labels.Length;

    /// <summary>Pixel rows of an image.</summary>
    public int Rows { get; }

    /// <summary>Pixel columns of an image.</summary>
    public int Columns { get; }

    /// <summary>Pixels of an image.</summary>
    public int SampleSize => Rows * Columns;

    /// <summary>The smallest number of classes that holds every label: the largest label plus one, 0 for an empty set.</summary>
    public int ClassesSeen()
    {
        int classes = 0;
        foreach (byte label in Labels)
        {
            classes = Math.Max(classes, label + 1);
        }

        return classes;
    }

    /// <summary>The pixels of one sample, <c>[Rows, Columns]</c>.</summary>
    public ReadOnlySpan<byte> Sample(int index) => Pixels.AsSpan(index * SampleSize, SampleSize);

    /// <summary>A copy of the samples at <paramref name="indices"/>, in that order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is not within the set.</exception>
    public ImageSet Select(ReadOnlySpan<int> indices)
    {
        byte[] pixels = new byte[checked(indices.Length * SampleSize)];
        byte[] labels = new byte[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i], nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], Count, nameof(indices));
            Sample(indices[i]).CopyTo(pixels.AsSpan(i * SampleSize));
            labels[i] = Labels[indices[i]];
        }

        return new ImageSet(pixels, labels, Rows, Columns);
    }

    /// <summary>
    /// SHA-256 in lower-case hexadecimal over count, rows and columns (int32, little-endian), the pixels and the labels:
    /// whether two machines hold the same data.
    /// </summary>
    public string Fingerprint()
    {
        Span<byte> shape = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(shape, Count);
        BinaryPrimitives.WriteInt32LittleEndian(shape[4..], Rows);
        BinaryPrimitives.WriteInt32LittleEndian(shape[8..], Columns);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(shape);
        hash.AppendData(Pixels);
        hash.AppendData(Labels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
