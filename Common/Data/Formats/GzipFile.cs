using System.Buffers.Binary;

namespace TraversalLearning.Data.Formats;

/// <summary>Checks of gzip files that .NET's inflater does not make.</summary>
internal static class GzipFile
{
    /// <summary>Whether a file is gzipped, by its first bytes, not its name. Rewinds the file.</summary>
    public static bool Is(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        bool gzip = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [0x1f, 0x8b];
        file.Position = 0;
        return gzip;
    }

    /// <summary>
    /// Throws if a file is truncated or has trailing bytes, which the inflater ignores. The file must end with the inflated length
    /// modulo 2^32. This also rejects valid gzip files of several members.
    /// </summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="file">The open file; its position is changed.</param>
    /// <param name="inflated">Number of inflated bytes.</param>
    /// <exception cref="DataException">The file is incomplete.</exception>
    public static void RequireWhole(string path, FileStream file, long inflated)
    {
        Span<byte> trailer = stackalloc byte[4];
        file.Position = Math.Max(file.Length - trailer.Length, 0);
        file.ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)inflated)
        {
            throw new DataException(path, "its gzip data is truncated, has bytes after its end, or is of several parts; gzip the whole file again");
        }
    }
}
