using System.Buffers.Binary;
using System.Text;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// The header of a <c>.npy</c> file (numpy.lib.format, versions 1.0 and 2.0): a magic, the version, the length of a text, and the text, which is
/// <see cref="NpyHeaderText"/>'s. The elements follow and end the file.
/// </summary>
/// <param name="Element">What one element is.</param>
/// <param name="Shape">The array's dimensions, each from 0, outermost first; it is in C order.</param>
/// <param name="DataOffset">Where the elements begin in the file.</param>
internal sealed record NpyHeader(SampleElement Element, long[] Shape, long DataOffset)
{
    /// <summary>The most bytes of the text; numpy's own limit.</summary>
    public const int MaxTextLength = 10_000;

    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>Bytes of all elements; <see cref="long.MaxValue"/> if they are more than that.</summary>
    public long DataBytes
    {
        get
        {
            Int128 bytes = Element.Size();
            foreach (long dimension in Shape)
            {
                bytes = Int128.Min(bytes * dimension, long.MaxValue);
            }

            return (long)bytes;
        }
    }

    /// <summary>The dimensions as numpy writes them: <c>(3, 4)</c>, <c>(3,)</c>.</summary>
    public string Tuple => Shape is [var only] ? $"({only},)" : $"({string.Join(", ", Shape)})";

    /// <summary>Reads the header of a file, and holds the file's length against it.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">It, at its beginning; it is left where the elements begin.</param>
    /// <param name="holds">What the array is for.</param>
    /// <exception cref="DataException">The file is damaged, or has something that is not supported.</exception>
    public static NpyHeader Read(string path, Stream file, NpyContent holds)
    {
        if (file.Length < Magic.Length || !ReadBytes(path, file, Magic.Length).AsSpan().SequenceEqual(Magic))
        {
            throw new DataException(path, "not a .npy file (it should begin with \\x93NUMPY); write it with numpy.save");
        }

        byte[] version = ReadBytes(path, file, 2);
        if (version is not [1 or 2, 0])
        {
            throw new DataException(path, $"is of the format version {version[0]}.{version[1]}; 1.0 and 2.0 are supported");
        }

        uint length = version[0] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(path, file, sizeof(ushort)))
            : BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(path, file, sizeof(uint)));
        if (length > MaxTextLength)
        {
            throw new DataException(path, $"claims a header of {length} bytes; up to {MaxTextLength} are supported");
        }

        string text = Encoding.Latin1.GetString(ReadBytes(path, file, (int)length));
        (SampleElement element, long[] shape) = new NpyHeaderText(path, text, holds).Parse();
        var header = new NpyHeader(element, shape, file.Position);
        long remains = file.Length - header.DataOffset;
        return remains == header.DataBytes
            ? header
            : throw new DataException(
                path,
                remains < header.DataBytes
                    ? $"truncated: {remains} of the {header.DataBytes} bytes that its header claims"
                    : $"has bytes after the {header.DataBytes} that its header claims");
    }

    private static byte[] ReadBytes(string path, Stream file, int count)
    {
        byte[] bytes = new byte[count];
        return file.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count
            ? bytes
            : throw new DataException(path, "truncated within its header");
    }
}
