using System.Buffers.Binary;
using System.Text;

namespace TraversalLearning.Data.Formats;

/// <summary>
/// The header of a <c>.npy</c> file (numpy.lib.format, versions 1.0 and 2.0): magic, version, the length of a text, and the
/// text (<see cref="NpyHeaderText"/>). The elements fill the rest of the file.
/// </summary>
/// <param name="Element">Element type.</param>
/// <param name="Shape">The array's dimensions, each from 0, outermost first, in C order.</param>
/// <param name="DataOffset">Offset of the elements in the file.</param>
internal sealed record NpyHeader(SampleElement Element, long[] Shape, long DataOffset)
{
    /// <summary>Maximum length of the text in bytes; numpy's own limit.</summary>
    public const int MaxTextLength = 10_000;

    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>Bytes of all elements; <see cref="long.MaxValue"/> on overflow.</summary>
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

    /// <summary>Reads a file's header and checks it against the file's length.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The open file, at its start; left at the first element.</param>
    /// <param name="holds">The array's purpose.</param>
    /// <exception cref="DataException">The file is damaged, or uses an unsupported feature.</exception>
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
