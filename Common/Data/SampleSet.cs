using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data;

/// <summary>
/// Labelled samples of one shape in memory, with elements as in the files. The set owns the arrays; they are read-only.
/// </summary>
public sealed class SampleSet : ISamples
{
    /// <summary>Creates a set that takes ownership of the arrays.</summary>
    /// <param name="element">Element type.</param>
    /// <param name="shape">Dimensions of one sample, each from 1.</param>
    /// <param name="values">All samples, row-major <c>[n, shape…]</c>, little-endian.</param>
    /// <param name="labels">A label from 0 for each sample, <c>[n]</c>.</param>
    /// <exception cref="ArgumentException">The array sizes do not match the shape.</exception>
    public SampleSet(SampleElement element, long[] shape, byte[] values, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        int size = 1;
        foreach (long dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension, nameof(shape));
            size = checked((int)(size * dimension));
        }

        SampleBytes = checked(size * element.Size());
        if (values.LongLength != (long)labels.Length * SampleBytes)
        {
            throw new ArgumentException($"{values.Length} bytes are not {labels.Length} samples of {SampleBytes}.", nameof(values));
        }

        Element = element;
        Shape = shape;
        SampleSize = size;
        Values = values;
        Labels = labels;
    }

    /// <summary>Creates a set with numeric labels that takes ownership of the arrays.</summary>
    /// <param name="element">Element type.</param>
    /// <param name="shape">Dimensions of one sample, each from 1.</param>
    /// <param name="values">All samples, row-major <c>[n, shape…]</c>, little-endian.</param>
    /// <param name="targets">The numeric labels.</param>
    /// <exception cref="ArgumentException">The array sizes do not match the shape.</exception>
    public SampleSet(SampleElement element, long[] shape, byte[] values, SampleTargets targets)
        : this(element, shape, values, new int[targets?.Count ?? 0]) => Targets = targets;

    /// <summary>Element type.</summary>
    public SampleElement Element { get; }

    /// <summary>Dimensions of one sample, such as <c>[1, 28, 28]</c>.</summary>
    public long[] Shape { get; }

    /// <summary>All samples, row-major <c>[Count, Shape…]</c>, little-endian.</summary>
    public byte[] Values { get; }

    /// <inheritdoc/>
    public int[] Labels { get; }

    /// <inheritdoc/>
    public SampleTargets? Targets { get; }

    /// <inheritdoc/>
    public int Count => Labels.Length;

    /// <summary>Number of elements of a sample.</summary>
    public int SampleSize { get; }

    /// <summary>Bytes of a sample.</summary>
    public int SampleBytes { get; }

    /// <summary>The meaning of the elements, if the samples are rows of a table before preparation (<see cref="Preparation"/>).</summary>
    public TableDictionary? Table { get; init; }

    /// <summary>Whether the samples have labels; otherwise all labels are 0 and meaningless.</summary>
    public bool IsLabelled { get; init; } = true;

    private bool IsGreyImages => Targets is null && Element == SampleElement.UInt8 && Shape is [1, _, _] && ClassesSeen() <= 1 + byte.MaxValue;

    /// <summary>Grey images, shape <c>[1, rows, columns]</c>.</summary>
    /// <param name="pixels"><c>[n, rows, columns]</c>, 0 to 255.</param>
    /// <param name="labels"><c>[n]</c>.</param>
    /// <param name="rows">Pixel rows of an image.</param>
    /// <param name="columns">Pixel columns of an image.</param>
    /// <exception cref="ArgumentException">The array sizes do not match the shape.</exception>
    public static SampleSet GreyImages(byte[] pixels, byte[] labels, int rows, int columns) =>
        new(SampleElement.UInt8, [1, rows, columns], pixels, Array.ConvertAll(labels, l => (int)l));

    /// <summary>The smallest class count that covers every label: the largest label plus one; 0 for an empty set or numeric labels.</summary>
    public int ClassesSeen()
    {
        if (Targets is not null)
        {
            return 0;
        }

        int classes = 0;
        foreach (int label in Labels)
        {
            classes = Math.Max(classes, label + 1);
        }

        return classes;
    }

    /// <summary>The bytes of one sample.</summary>
    public ReadOnlySpan<byte> Sample(int index) => Values.AsSpan(index * SampleBytes, SampleBytes);

    /// <inheritdoc/>
    public SampleSet Select(ReadOnlySpan<int> indices)
    {
        byte[] values = new byte[checked(indices.Length * SampleBytes)];
        int[] labels = new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i], nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], Count, nameof(indices));
            Sample(indices[i]).CopyTo(values.AsSpan(i * SampleBytes));
            labels[i] = Labels[indices[i]];
        }

        TableDictionary? table = Table?.Shrink(MemoryMarshal.Cast<byte, double>(values.AsSpan()), labels);
        return Targets is null
            ? new SampleSet(Element, Shape, values, labels) { Table = table, IsLabelled = IsLabelled }
            : new SampleSet(Element, Shape, values, Targets.Select(indices)) { Table = table };
    }

    /// <summary>This set.</summary>
    public SampleSet ReadAll() => this;

    /// <summary>
    /// SHA-256 in lower-case hexadecimal, to check whether two machines hold the same data. For grey images with at most 256
    /// classes it covers count, rows and columns (int32), the pixels, and the labels as bytes. For all other sets it covers
    /// <c>TL samples 1</c> in ASCII, the element's name in ASCII, a zero byte, the number of dimensions, the dimensions and the
    /// count (int64 each), the values, and the labels (int32); numeric labels are instead <c>TL targets 1</c> in ASCII, the numbers
    /// per sample (int64) and the numbers (float64). All little-endian.
    /// For rows of a table, <c>TL table 1</c> and the dictionary's names come first.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool grey = IsGreyImages;
        if (Table is not null)
        {
            using var names = new MemoryStream();
            using var writer = new BinaryWriter(names);
            writer.Write("TL table 1"u8);
            Table.WriteTo(writer);
            hash.AppendData(names.ToArray());
        }

        hash.AppendData(grey
            ? MemoryMarshal.AsBytes([Count, (int)Shape[1], (int)Shape[2]])
            : [.. "TL samples 1"u8, .. Encoding.ASCII.GetBytes(Element.Word()), 0, .. MemoryMarshal.AsBytes<long>([Shape.Length, .. Shape, Count])]);
        hash.AppendData(Values);
        if (Targets is not null)
        {
            hash.AppendData([.. "TL targets 1"u8, .. MemoryMarshal.AsBytes<long>([Targets.Width])]);
            hash.AppendData(MemoryMarshal.AsBytes<double>(Targets.Values));
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        hash.AppendData(grey ? Array.ConvertAll(Labels, l => (byte)l) : MemoryMarshal.AsBytes<int>(Labels));

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Shape and element, such as <c>[1, 28, 28] uint8</c>.</summary>
    public override string ToString() => Table is { Image: null } ? $"a table of {SampleSize} columns" : $"[{string.Join(", ", Shape)}] {Element.Word()}";
}
