using System.Buffers.Binary;
using System.IO.Compression;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Support;

/// <summary>Makes IDX files, good and bad.</summary>
internal static class IdxFiles
{
    /// <summary>An IDX file with this magic and these dimensions, whatever follows.</summary>
    public static byte[] Make(uint magic, uint[] dimensions, byte[] content)
    {
        byte[] header = new byte[4 + (4 * dimensions.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(header, magic);
        for (int i = 0; i < dimensions.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4 + (4 * i)), dimensions[i]);
        }

        return [.. header, .. content];
    }

    /// <summary>Images whose pixels count up from <paramref name="first"/>.</summary>
    public static byte[] Images(int count, int rows = 2, int columns = 3, int first = 0) =>
        Make(0x803, [(uint)count, (uint)rows, (uint)columns], [.. Enumerable.Range(first, count * rows * columns).Select(i => (byte)i)]);

    /// <summary>Labels 0 to 9, over and over.</summary>
    public static byte[] Labels(int count) =>
        Make(0x801, [(uint)count], [.. Enumerable.Range(0, count).Select(i => (byte)(i % 10))]);

    /// <summary>The images of a set.</summary>
    public static byte[] ImagesOf(SampleSet images) => Make(0x803, [(uint)images.Count, (uint)images.Shape[1], (uint)images.Shape[2]], images.Values);

    /// <summary>Its labels.</summary>
    public static byte[] LabelsOf(SampleSet images) => Make(0x801, [(uint)images.Count], Array.ConvertAll(images.Labels, l => (byte)l));

    /// <summary>The same bytes, gzip'd.</summary>
    public static byte[] Gzip(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return buffer.ToArray();
    }
}
